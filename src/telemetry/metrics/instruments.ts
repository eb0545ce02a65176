/** Names and values that tell one series of a metric from another. Few values each: every combination is a series. */
export type Tags = Readonly<Record<string, string | number | boolean>>;

/** What a metric is, for whoever reads it. `unit` is UCUM's: `s`, `By`, `{event}`. */
export interface MetricOptions {
  readonly description?: string;
  readonly unit?: string;
}

/** How a timer is made: upper bounds of its buckets, ascending. */
export interface TimerOptions extends MetricOptions {
  readonly bounds?: readonly number[];
}

/** Counts what happens: only ever up. */
export interface Counter {
  /** @param value  >= 0; default 1. What is not counts nothing. */
  add(value?: number, tags?: Tags): void;
}

/** Keeps how long things take: count, sum, extremes and a histogram. */
export interface Timer {
  /** @param duration  s (or the timer's unit), >= 0 */
  record(duration: number, tags?: Tags): void;
}

/** Keeps the latest value. */
export interface Gauge {
  set(value: number, tags?: Tags): void;
}

/** Where metrics are made. Asking for the same name again gives the same metric. */
export interface Metrics {
  counter(name: string, options?: MetricOptions): Counter;
  timer(name: string, options?: TimerOptions): Timer;
  gauge(name: string, options?: MetricOptions): Gauge;
}

/** Series of a metric at most; what comes after is counted in one series, whose only tag says so. */
export const MAX_SERIES = 1000;
const OVERFLOW: Tags = { 'otel.metric.overflow': true };

/** The series of one metric by their tags. Asked at every record, so it is made to be fast for what came before. */
export interface SeriesTable<S> {
  of(tags: Tags | undefined): S;
  /** All there are, with their tags. */
  entries(): Iterable<readonly [Tags, S]>;
  clear(): void;
}

const NO_TAGS: Tags = {};

/** The same tags in another order are the same series. */
const canonical = (tags: Tags): string =>
  JSON.stringify(Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));

/** The tags as they come, as a text: quick to make, though not the same in another order. */
function spelling(tags: Tags): string {
  let text = '';
  for (const name in tags) {
    const value = tags[name];
    text += `${name}\u0001${typeof value === 'string' ? value : `\u0002${value}`}\u0000`;
  }
  return text;
}

/** Makes an empty {@link SeriesTable}. */
export function seriesTable<S>(make: () => S): SeriesTable<S> {
  let bySpelling = new Map<string, S>();
  let series = new Map<string, readonly [Tags, S]>();

  const resolve = (tags: Tags): S => {
    const key = canonical(tags);
    const known = series.get(key);
    if (known !== undefined) return known[1];
    if (series.size >= MAX_SERIES && tags !== OVERFLOW) return resolve(OVERFLOW);
    const made = make();
    series.set(key, [{ ...tags }, made]);
    return made;
  };

  return {
    of(tags = NO_TAGS) {
      const text = spelling(tags);
      const known = bySpelling.get(text);
      if (known !== undefined) return known;
      const found = resolve(tags);
      // Orders of many tags are many: the table must not grow with them.
      if (bySpelling.size < 4 * MAX_SERIES) bySpelling.set(text, found);
      return found;
    },
    entries: () => series.values(),
    clear() {
      bySpelling = new Map();
      series = new Map();
    },
  };
}
