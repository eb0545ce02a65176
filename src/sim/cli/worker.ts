/** A thread of `npm run sim`: plays the traces that it is given. */
import { parentPort, workerData } from 'node:worker_threads';
import { playOne, type RunPlan, type WorkerAnswer, type WorkerTask } from './run-sessions.ts';
import { loadStrategies } from './strategies.ts';
import { messageOf } from './usage-error.ts';

const plan = workerData as RunPlan;
/** Messages wait for nothing: they are answered when the strategies are there. */
const strategies = loadStrategies(plan.strategies);

parentPort?.on('message', async ({ index, trace }: WorkerTask) => {
  let answer: WorkerAnswer;
  try {
    answer = { index, rows: playOne(plan, await strategies, trace) };
  } catch (cause) {
    answer = { index, error: messageOf(cause) };
  }
  parentPort?.postMessage(answer);
});
