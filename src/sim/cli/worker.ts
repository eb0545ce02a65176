/** A thread of `npm run sim`: plays the traces that it is given. */
import { parentPort, workerData } from 'node:worker_threads';
import { playOne, type RunPlan, type WorkerAnswer, type WorkerTask } from './run-sessions.ts';
import { messageOf } from './usage-error.ts';

const plan = workerData as RunPlan;

parentPort?.on('message', ({ index, trace }: WorkerTask) => {
  let answer: WorkerAnswer;
  try {
    answer = { index, rows: playOne(plan, trace) };
  } catch (cause) {
    answer = { index, error: messageOf(cause) };
  }
  parentPort?.postMessage(answer);
});
