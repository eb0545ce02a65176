import type { SessionRow } from './play-trace.ts';
import { type Random, random } from './random.ts';

/** The numbers of a session that comparisons go by. */
export type Measure =
  | 'linearQoe'
  | 'averageBitrate'
  | 'stallTime'
  | 'stallCount'
  | 'startupTime'
  | 'switches'
  | 'shareOfReachable'
  | 'liveLatency';

/** A mean with the interval that holds the true one with 95 % confidence; null values of sessions are left out of it. */
export interface Estimate {
  readonly mean: number;
  /** Ends of the interval; null for fewer than six sessions, which have none worth the name. */
  readonly low: number | null;
  readonly high: number | null;
  readonly median: number;
  /** Sessions counted. */
  readonly count: number;
}

/** One strategy over a set of traces; {@link Estimate} null where no session has a value. */
export interface StrategySummary {
  readonly strategy: string;
  readonly sessions: number;
  readonly measures: Readonly<Record<Measure, Estimate | null>>;
  /**
   * Difference to the baseline, trace by trace, so that what makes a trace hard counts for neither; null for the baseline
   * itself and where they share no trace.
   */
  readonly difference: Readonly<Record<Measure, Estimate>> | null;
}

/** Every measure, in the order of tables. */
export const MEASURES: readonly Measure[] = [
  'linearQoe',
  'shareOfReachable',
  'averageBitrate',
  'stallTime',
  'stallCount',
  'startupTime',
  'switches',
  'liveLatency',
];

/** With five, all of one sign come by chance more often than once in twenty (2 · 2⁻⁵); the bootstrap would call it certain. */
const FEWEST = 6;
const RESAMPLES = 1000;
const OUTSIDE = 0.025;

/**
 * Each strategy's means with confidence intervals, and its differences to the first one (or `baseline`) on the same traces. Intervals by
 * the percentile bootstrap, 1000 resamples of the traces, seeded: the same rows give the same intervals. They speak for traces
 * like these, not for other networks.
 *
 * @throws RangeError if no row is the baseline's
 * @see Efron, Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13
 */
export function compare(rows: readonly SessionRow[], options: { readonly baseline?: string } = {}): StrategySummary[] {
  const byStrategy = grouped(rows, ({ strategy }) => strategy);
  const baseline = options.baseline ?? rows[0]?.strategy;
  const base = baseline === undefined ? undefined : byStrategy.get(baseline);
  if (base === undefined) {
    if (options.baseline === undefined) return [];
    throw new RangeError(`baseline must be one of ${[...byStrategy.keys()].join(', ')}, got '${options.baseline}'`);
  }
  return [...byStrategy].map(([strategy, own]) => ({
    strategy,
    sessions: own.length,
    measures: perMeasure((measure) => estimate(own.map((row) => row[measure] ?? null))),
    difference: strategy === baseline ? null : differences(own, base),
  }));
}

/** Whether an estimated difference is one: it has an interval, and 0 is not in it. */
export function isDifferent({ low, high }: Estimate): boolean {
  return low !== null && high !== null && (low > 0 || high < 0);
}

function perMeasure<T>(value: (measure: Measure) => T): Record<Measure, T> {
  return Object.fromEntries(MEASURES.map((measure) => [measure, value(measure)])) as Record<Measure, T>;
}

/** Rows of the same trace stand in the same order for every strategy, even where traces share a name. */
function differences(own: readonly SessionRow[], base: readonly SessionRow[]): StrategySummary['difference'] {
  const pairs = pairUp(own, base);
  if (pairs.length === 0) return null;
  return perMeasure((measure) => {
    const values = pairs.map(([mine, other]) => {
      const value = mine[measure] ?? null;
      const reference = other[measure] ?? null;
      return value === null || reference === null ? null : value - reference;
    });
    return estimate(values) ?? { mean: 0, low: null, high: null, median: 0, count: 0 };
  });
}

function pairUp(own: readonly SessionRow[], base: readonly SessionRow[]): [SessionRow, SessionRow][] {
  const waiting = grouped(base, ({ trace }) => trace);
  return own.flatMap((row): [SessionRow, SessionRow][] => {
    const other = waiting.get(row.trace)?.shift();
    return other === undefined ? [] : [[row, other]];
  });
}

function grouped(rows: readonly SessionRow[], keyOf: (row: SessionRow) => string): Map<string, SessionRow[]> {
  const groups = new Map<string, SessionRow[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group === undefined) groups.set(keyOf(row), [row]);
    else group.push(row);
  }
  return groups;
}

/** Mean, median and interval of what is not null; null if all are. */
export function estimate(values: readonly (number | null)[]): Estimate | null {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  const means = known.length < FEWEST ? null : resampledMeans(known, random(1));
  const [low = null, high = null] = means === null ? [] : [OUTSIDE, 1 - OUTSIDE].map((share) => quantile(means, share));
  const sorted = known.toSorted((a, b) => a - b);
  return { mean: meanOf(known), low, high, median: quantile(sorted, 0.5), count: known.length };
}

function resampledMeans(values: readonly number[], chance: Random): number[] {
  const { length } = values;
  return Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (let draw = 0; draw < length; draw += 1) sum += values[Math.floor(chance.uniform() * length)] ?? 0;
    return sum / length;
  }).sort((a, b) => a - b);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The value below which a share of sorted values lies, between the closest two by proportion; 0 for none. */
export function quantile(sorted: readonly number[], share: number): number {
  const rank = (sorted.length - 1) * share;
  const below = sorted[Math.floor(rank)] ?? 0;
  const above = sorted[Math.ceil(rank)] ?? below;
  return below + (above - below) * (rank - Math.floor(rank));
}
