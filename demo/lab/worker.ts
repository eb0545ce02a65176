/** The lab's work: everything that takes longer than a frame. Cancelled by ending the worker. */
import { strategyByName } from 'sluice/abr';
import { parseNdjson } from 'sluice/qoe';
import {
  clairvoyant,
  compare,
  lowestThroughout,
  type Movie,
  madeUpMovie,
  type NetworkTrace,
  parseNetworkTraces,
  parseSabreMovie,
  playTrace,
  type StrategySet,
  type SyntheticKind,
  simulate,
  simulateOptions,
  syntheticTraces,
  traceBandwidth,
  traceFromSession,
} from 'sluice/sim';
import type { FileKind, LabAnswer, LabPlan, LabRequest, LabRow, TraceSource } from './messages.ts';

/** ms between two messages with rows, and between two comparisons: a page can draw that, and nobody reads faster. */
const ROWS_EVERY = 60;
const SUMMARY_EVERY = 500;
/** Comparing many sessions takes long: this many times longer is played in between. */
const COMPARE_SHARE = 4;
/** Traces fetched at once. */
const AT_ONCE = 6;

interface Loaded {
  readonly movie: Movie;
  readonly traces: readonly { readonly set: number; readonly trace: NetworkTrace }[];
}

let loaded: Loaded | null = null;
const rows: LabRow[] = [];

const tell = (answer: LabAnswer): void => postMessage(answer);
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

addEventListener('message', ({ data }: MessageEvent<LabRequest>) => {
  handle(data).catch((cause: unknown) =>
    tell({ type: 'failed', message: cause instanceof Error ? cause.message : String(cause) }),
  );
});

async function handle(request: LabRequest): Promise<void> {
  if (request.type === 'run') await run(request.plan);
  else if (request.type === 'open') await open(request.plan, request.row);
  else tell({ type: 'checked', file: check(request.name, request.text) });
}

async function load(plan: LabPlan): Promise<Loaded> {
  const movie = plan.movie === null ? madeUpMovie({ segmentDuration: plan.segmentDuration }) : readMovie(plan.movie);
  const sets = await Promise.all(plan.sources.map(tracesOf));
  const traces = sets.flatMap((own, set) => own.map((trace) => ({ set, trace })));
  return { movie, traces };
}

async function run(plan: LabPlan): Promise<void> {
  rows.length = 0;
  loaded = await load(plan);
  const { movie, traces } = loaded;
  tell({ type: 'loaded', traces: traces.length, movie: movie.id });
  const strategies = strategySet(plan.strategies);
  let fresh: LabRow[] = [];
  let toldAt = performance.now();
  let compareAt = toldAt + SUMMARY_EVERY;
  for (const [at, { set, trace }] of shuffled(traces)) {
    const played = playTrace({ movie, trace, strategies, ...plan.settings });
    fresh.push(...played.map((row) => ({ ...row, set, at })));
    const now = performance.now();
    if (now - toldAt < ROWS_EVERY) continue;
    rows.push(...fresh);
    tell({ type: 'rows', rows: fresh, done: rows.length / plan.strategies.length, total: traces.length });
    fresh = [];
    toldAt = now;
    if (now > compareAt) {
      tell({ type: 'summary', summaries: compare(rows), final: false });
      const took = performance.now() - now;
      compareAt = performance.now() + Math.max(SUMMARY_EVERY, took * COMPARE_SHARE);
    }
    await pause();
  }
  rows.push(...fresh);
  tell({ type: 'rows', rows: fresh, done: traces.length, total: traces.length });
  tell({ type: 'summary', summaries: compare(rows), final: true });
}

/** Sets take turns, so that the plots fill evenly and not one network after the other. */
function shuffled<T extends { readonly set: number }>(traces: readonly T[]): [number, T][] {
  const seen = new Map<number, number>();
  const ranked = traces.map((item, at): [number, T, number] => {
    const rank = seen.get(item.set) ?? 0;
    seen.set(item.set, rank + 1);
    return [at, item, rank];
  });
  return ranked.sort((a, b) => a[2] - b[2] || a[0] - b[0]).map(([at, item]) => [at, item]);
}

/** A worker that did not play the session itself, as the one that did was cancelled, loads what it needs. */
async function open(plan: LabPlan, row: LabRow): Promise<void> {
  loaded ??= await load(plan);
  const { movie, traces } = loaded;
  const trace = traces[row.at]?.trace;
  if (trace === undefined) throw new Error(`the network of ${row.trace} is there no more`);
  const { settings } = plan;
  const { events } = simulate(simulateOptions(movie, trace, strategyByName(row.strategy), settings));
  const bitrates = movie.ladder.map(({ bitrate }) => bitrate);
  tell({ type: 'opened', session: { row, events, trace, bitrates } });
  if (settings.live) return;
  await pause();
  const options = simulateOptions(movie, trace, strategyByName(row.strategy), settings);
  const { profile, bufferTarget } = options;
  const best = clairvoyant({
    movie,
    trace,
    ...(profile === undefined ? {} : { profile }),
    ...(bufferTarget === undefined ? {} : { bufferTarget }),
  }).linearQoe;
  const lowest = lowestThroughout(movie, trace, settings).linearQoe;
  if (best > lowest) tell({ type: 'reach', row, share: (row.linearQoe - lowest) / (best - lowest) });
}

/** @throws Error naming the file and what is wrong with it */
function check(name: string, text: string): FileKind {
  if (isMovie(text)) {
    readMovie({ name, text });
    return { kind: 'movie' };
  }
  return { kind: 'traces', traces: readTraces(name, text).length };
}

const isMovie = (text: string): boolean => text.includes('"segment_sizes_bits"');

function strategySet(names: readonly string[]): StrategySet {
  return Object.fromEntries(names.map((name) => [name, () => strategyByName(name)]));
}

function readMovie({ name, text }: { readonly name: string; readonly text: string }): Movie {
  try {
    return parseSabreMovie(name, text);
  } catch (cause) {
    throw new Error(`${name} is not a movie: ${(cause as Error).message}`, { cause });
  }
}

async function tracesOf(source: TraceSource): Promise<NetworkTrace[]> {
  if (source.kind === 'synthetic') return syntheticTraces(source.network as SyntheticKind, source.count);
  if (source.kind === 'text') return readTraces(source.name, source.text);
  const traces: NetworkTrace[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < source.urls.length; at = next++) {
      const response = await fetch(source.urls[at] ?? '');
      if (!response.ok) throw new Error(`${source.name}: the server answered ${response.status}`);
      traces[at] = (await response.json()) as NetworkTrace;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return traces;
}

function readTraces(name: string, text: string): NetworkTrace[] {
  try {
    const session = text.trimStart().startsWith('{') && text.slice(0, text.indexOf('\n')).includes('"type"');
    const traces = session ? [traceFromSession(parseNdjson(text), { id: name })] : parseNetworkTraces(name, text);
    if (traces.length === 0) throw new RangeError('it has none in it');
    for (const trace of traces) {
      if (!(traceBandwidth(trace) >= 1)) throw new RangeError(`'${trace.id}' never lets a bit through`);
    }
    return traces;
  } catch (cause) {
    throw new Error(`${name} is not a network trace: ${(cause as Error).message}`, { cause });
  }
}
