import { Worker } from 'node:worker_threads';
import { type ClairvoyantPlan, clairvoyant, planned } from '../clairvoyant.ts';
import type { Movie } from '../movie.ts';
import type { NetworkTrace } from '../network-trace.ts';
import {
  lowestThroughout,
  type PlaySettings,
  playRow,
  playTrace,
  type Reach,
  type SessionRow,
  type StrategySet,
  simulateOptions,
} from '../play-trace.ts';
import { PROFILES } from '../profile.ts';
import { LIMIT, loadStrategies } from './strategies.ts';
import { messageOf } from './usage-error.ts';

/** Everything that all sessions of a run share; plain data. */
export interface RunPlan {
  readonly movie: Movie;
  readonly strategies: readonly string[];
  readonly settings: PlaySettings;
  /** Whether the best that was possible is looked for on every trace: it takes longer than all strategies together. */
  readonly reach: boolean;
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

/** All strategies on one trace, in order, the limit among them where it was asked for; the same function wherever it runs. */
export function playOne(plan: RunPlan, set: StrategySet, trace: NetworkTrace): SessionRow[] {
  const { movie, strategies, settings } = plan;
  const best = plan.reach || strategies.includes(LIMIT) ? bestOf(plan, trace) : null;
  const reach: Reach | null =
    best === null ? null : { best: best.linearQoe, lowest: lowestThroughout(movie, trace, settings).linearQoe };
  const rows = new Map(
    playTrace({ movie, trace, strategies: set, reach, ...settings }).map((row) => [row.strategy, row] as const),
  );
  if (best !== null && strategies.includes(LIMIT)) {
    const options = simulateOptions(movie, trace, planned(best.levels), { ...settings, abandonment: false });
    rows.set(LIMIT, playRow(LIMIT, options, settings.models ?? [], reach));
  }
  return strategies.flatMap((name) => rows.get(name) ?? []);
}

function bestOf({ movie, settings }: RunPlan, trace: NetworkTrace): ClairvoyantPlan {
  const { semantics = 'sabre', maxBuffer = null } = settings;
  const profile = PROFILES[semantics]();
  return clairvoyant({ movie, trace, profile, ...(maxBuffer === null ? {} : { bufferTarget: maxBuffer }) });
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
  const set = await loadStrategies(plan.strategies);
  for (const [index, trace] of traces.entries()) {
    signal?.throwIfAborted();
    try {
      rows.push(...playOne(plan, set, trace));
    } catch (cause) {
      throw new Error(`trace '${trace.id}': ${messageOf(cause)}`, { cause });
    }
    onProgress?.(index + 1, traces.length);
    // Lets a signal through.
    if (plan.reach || index % 16 === 15) await new Promise(setImmediate);
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
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const code = `import(${tsx}).then(({ register }) => { register(); return import(${JSON.stringify(file.href)}); })`;
  return new Worker(code, { eval: true, workerData: plan });
}
