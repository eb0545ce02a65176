import { Worker } from 'node:worker_threads';
import type { Movie } from '../movie.ts';
import type { NetworkTrace } from '../network-trace.ts';
import { type PlaySettings, playTrace, type SessionRow } from '../play-trace.ts';
import { strategySet } from './strategies.ts';
import { messageOf } from './usage-error.ts';

/** Everything that all sessions of a run share; plain data. */
export interface RunPlan {
  readonly movie: Movie;
  readonly strategies: readonly string[];
  readonly settings: PlaySettings;
}

/** How a run goes on; `done` and `total` count traces. */
export interface RunOptions {
  readonly jobs: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** To a worker: the trace with this number. From it: its rows, or why there are none. */
export type WorkerTask = { readonly index: number; readonly trace: NetworkTrace };
export type WorkerAnswer =
  | { readonly index: number; readonly rows: SessionRow[] }
  | { readonly index: number; readonly error: string };

/** Traces that wait at a worker, so that it never waits for us. */
const AHEAD = 2;

/** All strategies on one trace; the same function wherever it runs. */
export function playOne({ movie, strategies, settings }: RunPlan, trace: NetworkTrace): SessionRow[] {
  return playTrace({ movie, trace, strategies: strategySet(strategies), ...settings });
}

/**
 * Plays every strategy on every trace: rows trace by trace, in order, whoever was done first and however many did it.
 *
 * @throws Error naming the trace that failed; the signal's reason if it was aborted
 */
export async function runSessions(
  plan: RunPlan,
  traces: readonly NetworkTrace[],
  options: RunOptions,
): Promise<SessionRow[]> {
  const { jobs, onProgress, signal } = options;
  const workers = Math.min(jobs, traces.length);
  if (workers > 1) return inWorkers(plan, traces, workers, options);
  const rows: SessionRow[] = [];
  for (const [index, trace] of traces.entries()) {
    signal?.throwIfAborted();
    try {
      rows.push(...playOne(plan, trace));
    } catch (cause) {
      throw new Error(`trace '${trace.id}': ${messageOf(cause)}`, { cause });
    }
    onProgress?.(index + 1, traces.length);
    // Lets a signal through.
    if (index % 16 === 15) await new Promise(setImmediate);
  }
  return rows;
}

async function inWorkers(
  plan: RunPlan,
  traces: readonly NetworkTrace[],
  count: number,
  { onProgress, signal }: RunOptions,
): Promise<SessionRow[]> {
  const results: SessionRow[][] = [];
  const workers = Array.from({ length: count }, () => startWorker(plan));
  let next = 0;
  let done = 0;
  try {
    await new Promise<void>((resolve, reject) => {
      const aborted = (): void => reject(signal?.reason);
      signal?.addEventListener('abort', aborted, { once: true });
      if (signal?.aborted) aborted();
      const feed = (worker: Worker): void => {
        const trace = traces[next];
        if (trace === undefined) return;
        worker.postMessage({ index: next, trace } satisfies WorkerTask);
        next += 1;
      };
      for (const worker of workers) {
        worker.on('error', reject);
        worker.on('message', (answer: WorkerAnswer) => {
          if ('error' in answer) return reject(new Error(`trace '${traces[answer.index]?.id}': ${answer.error}`));
          results[answer.index] = answer.rows;
          done += 1;
          onProgress?.(done, traces.length);
          if (done === traces.length) resolve();
          else feed(worker);
        });
        for (let ahead = 0; ahead < AHEAD; ahead += 1) feed(worker);
      }
    });
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return results.flat();
}

/** The built package has JavaScript; in the repository tsx has to be asked to read TypeScript, in each thread anew. */
function startWorker(plan: RunPlan): Worker {
  const built = !import.meta.url.endsWith('.ts');
  const file = new URL(built ? './worker.js' : './worker.ts', import.meta.url);
  if (built) return new Worker(file, { workerData: plan });
  const code = `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(file.href)}); })`;
  return new Worker(code, { eval: true, workerData: plan });
}
