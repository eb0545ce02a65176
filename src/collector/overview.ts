import type { CountRow, Dimension, EventStore, Filter, RollupRow, Window } from './event-store.ts';
import { ERROR_MEASURE, MEASURES, type Measure, percentilesOf, totalOf } from './measures.ts';
import { SUMS, type SumName, type Sums } from './session-projection.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Widths of a point of a series, ms; the first that gives at most MOST_POINTS is taken. */
const WIDTHS = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 24 * HOUR, 168 * HOUR];
const MOST_POINTS = 100;
/** ms of silence after which a session that did not end is not counted as going on: three heartbeats of 30 s. */
const LIVE = 90_000;
/** Score points in a bar of the distribution. */
const BAR = 5;

/** Values at shares of the sessions, smallest first; null where there is none. */
export interface Percentiles {
  readonly n: number;
  readonly p5: number | null;
  readonly p25: number | null;
  readonly p50: number | null;
  readonly p75: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/** What a set of sessions came to. Startup in s, rebuffering 0…1, score 0…100. */
export interface Figures {
  readonly sums: Sums;
  readonly startup: Percentiles;
  readonly rebuffering: Percentiles;
  readonly score: Percentiles;
  /** Sessions by score: 20 bars of 5 points. */
  readonly scores: readonly number[];
}

/** Everything the first page of a dashboard shows of a window. Times ms since the epoch. */
export interface Overview extends Window {
  readonly now: number;
  /** Sessions going on at `now`. */
  readonly live: number;
  readonly total: Figures;
  /** ms: width of a point. */
  readonly width: number;
  readonly series: readonly { readonly time: number; readonly sums: Sums }[];
  readonly byStrategy: readonly (Figures & { readonly name: string })[];
  readonly byEngine: readonly (Figures & { readonly name: string })[];
  readonly byHost: readonly { readonly name: string; readonly sums: Sums }[];
  readonly byRendition: readonly { readonly name: string; readonly sums: Sums }[];
  readonly errors: readonly { readonly code: string; readonly fatal: boolean; readonly count: number }[];
}

/** The width of a point so that a window has not too many. */
export function widthOf({ from, to }: Window): number {
  return WIDTHS.find((width) => (to - from) / width <= MOST_POINTS) ?? 168 * HOUR;
}

function addUp(rows: readonly RollupRow[]): Sums {
  const total = Object.fromEntries(SUMS.map((name) => [name, 0])) as Record<SumName, number>;
  for (const { sums } of rows) for (const name of SUMS) total[name] += sums[name];
  return total;
}

function histogramOf(rows: readonly CountRow[], measure: Measure): ReadonlyMap<number, number> {
  const histogram = new Map<number, number>();
  for (const row of rows) {
    if (row.measure === measure) histogram.set(row.bucket, (histogram.get(row.bucket) ?? 0) + row.count);
  }
  return histogram;
}

function percentiles(rows: readonly CountRow[], measure: Measure): Percentiles {
  const histogram = histogramOf(rows, measure);
  const [p5 = null, p25 = null, p50 = null, p75 = null, p95 = null, p99 = null] = percentilesOf(
    histogram,
    MEASURES[measure],
    [0.05, 0.25, 0.5, 0.75, 0.95, 0.99],
  );
  return { n: totalOf(histogram), p5, p25, p50, p75, p95, p99 };
}

function scoreBars(rows: readonly CountRow[]): readonly number[] {
  const bars = new Array<number>(100 / BAR).fill(0);
  for (const [bucket, count] of histogramOf(rows, 'score')) {
    const bar = Math.min(Math.max(Math.floor(bucket / BAR), 0), bars.length - 1);
    bars[bar] = (bars[bar] ?? 0) + count;
  }
  return bars;
}

const figures = (sums: readonly RollupRow[], counts: readonly CountRow[]): Figures => ({
  sums: addUp(sums),
  startup: percentiles(counts, 'startup'),
  rebuffering: percentiles(counts, 'rebuffering'),
  score: percentiles(counts, 'score'),
  scores: scoreBars(counts),
});

const namesOf = (rows: readonly RollupRow[], dimension: Dimension): string[] => [
  ...new Set(rows.flatMap((row) => row[dimension] ?? [])),
];

/** Largest first by what was played, names as they sort where nothing was. */
const bySize = <T extends { readonly name: string; readonly sums: Sums }>(a: T, b: T): number =>
  b.sums.playingMs - a.sums.playingMs || (a.name < b.name ? -1 : 1);

function errorsOf(rows: readonly CountRow[]): Overview['errors'] {
  const counts = new Map<string, number>();
  for (const { measure, bucket, count } of rows) {
    if (!measure.startsWith(ERROR_MEASURE)) continue;
    const key = `${bucket} ${measure.slice(ERROR_MEASURE.length)}`;
    counts.set(key, (counts.get(key) ?? 0) + count);
  }
  return [...counts]
    .map(([key, count]) => ({ code: key.slice(2), fatal: key.startsWith('1'), count }))
    .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1));
}

/** A window of everything, or of what the filter lets through: three questions to the roll-ups, put together here. */
export async function overview(store: EventStore, window: Window, filter: Filter, now: number): Promise<Overview> {
  const width = widthOf(window);
  const [live, series, sums, counts] = await Promise.all([
    store.live(now - LIVE, filter),
    store.rollup({ ...window, bucket: width, by: [], filter }),
    store.rollup({ ...window, bucket: null, by: ['strategy', 'engine', 'host', 'rendition'], filter }),
    store.counts({ ...window, measure: '', by: ['strategy', 'engine'], filter }),
  ]);
  const group = (dimension: 'strategy' | 'engine') =>
    namesOf(sums, dimension)
      .map((name) => ({
        name,
        ...figures(
          sums.filter((row) => row[dimension] === name),
          counts.filter((row) => row[dimension] === name),
        ),
      }))
      .sort(bySize);
  const sumsBy = (dimension: Dimension) =>
    namesOf(sums, dimension)
      .map((name) => ({ name, sums: addUp(sums.filter((row) => row[dimension] === name)) }))
      .sort(bySize);
  return {
    from: window.from,
    to: window.to,
    now,
    live,
    total: figures(sums, counts),
    width,
    series: series.map(({ time = window.from, sums: own }) => ({ time, sums: own })),
    byStrategy: group('strategy'),
    byEngine: group('engine'),
    byHost: sumsBy('host'),
    byRendition: sumsBy('rendition'),
    errors: errorsOf(counts),
  };
}
