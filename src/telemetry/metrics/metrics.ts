import type { Consent } from '../beacons.ts';
import { createDelivery, type DeliveryStats } from '../delivery/delivery.ts';
import type { DeliveryEnvironment } from '../delivery/delivery-environment.ts';
import type { DeliveryLimits } from '../delivery/delivery-limits.ts';
import { randomId } from '../random-id.ts';
import {
  type Counter,
  type Gauge,
  type MetricOptions,
  type Metrics,
  type SeriesTable,
  seriesTable,
  type Tags,
  type Timer,
  type TimerOptions,
} from './instruments.ts';
import {
  type MetricHead,
  type OtlpMetric,
  otlpCounter,
  otlpGauge,
  otlpTimer,
  toAttributes,
  toExportRequest,
  toNano,
  toResourceMetrics,
} from './otlp.ts';

/** How to make metrics that are published. Only `endpoint` is needed. */
export interface MetricsOptions {
  /** An OpenTelemetry collector's `/v1/metrics` (OTLP/HTTP with JSON), or anything that takes the same. */
  readonly endpoint: string;
  /** Sent with each request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What all of them are of: `service.name` and the like. Nothing in it may name a viewer. */
  readonly resource?: Tags;
  /** s between publications. Default 60. */
  readonly interval?: number;
  readonly consent?: Consent;
  /** Default true. */
  readonly compress?: boolean;
  readonly limits?: Partial<DeliveryLimits>;
}

/** Metrics that are published every minute, and kept until that succeeds. */
export interface PublishedMetrics extends Metrics {
  /** Takes what was recorded since the last time and sends it; resolves when it arrived or an attempt failed. */
  publish(): Promise<void>;
  setConsent(consent: Consent): void;
  readonly stats: DeliveryStats;
  /** Publishes a last time, and stops. Idempotent. */
  destroy(): Promise<void>;
}

/** s: from a byte out of a cache to a minute of waiting. */
const BOUNDS: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const INTERVAL = 60;
/** Metrics hold their place in the browser's quota at exit beside beacons and CMCD. */
const EXIT_BYTES = 4 * 1024;

/** A metric that can be emptied: what was recorded since the last time, null if nothing. */
interface Source {
  readonly kind: 'counter' | 'timer' | 'gauge';
  collect(since: string, now: string): OtlpMetric | null;
}

const headOf = (name: string, { description = '', unit = '' }: MetricOptions): MetricHead => ({
  name,
  description,
  unit,
});

const pointsOf = <S, P>(table: SeriesTable<S>, toPoint: (tags: Tags, series: S) => P): P[] =>
  [...table.entries()].map(([tags, series]) => toPoint(tags, series));

function counterSource(head: MetricHead): Source & Counter {
  const table = seriesTable(() => ({ sum: 0 }));
  return {
    kind: 'counter',
    add(value = 1, tags) {
      if (value >= 0 && value < Number.POSITIVE_INFINITY) table.of(tags).sum += value;
    },
    collect(since, now) {
      const points = pointsOf(table, (tags, { sum }) => ({
        attributes: toAttributes(tags),
        startTimeUnixNano: since,
        timeUnixNano: now,
        asDouble: sum,
      }));
      table.clear();
      return points.length === 0 ? null : otlpCounter(head, points);
    },
  };
}

function gaugeSource(head: MetricHead): Source & Gauge {
  const table = seriesTable(() => ({ value: 0 }));
  return {
    kind: 'gauge',
    set(value, tags) {
      if (Number.isFinite(value)) table.of(tags).value = value;
    },
    collect(_, now) {
      const points = pointsOf(table, (tags, { value }) => ({
        attributes: toAttributes(tags),
        timeUnixNano: now,
        asDouble: value,
      }));
      table.clear();
      return points.length === 0 ? null : otlpGauge(head, points);
    },
  };
}

interface Distribution {
  count: number;
  sum: number;
  min: number;
  max: number;
  readonly buckets: number[];
}

function timerSource(head: MetricHead, bounds: readonly number[]): Source & Timer {
  const table = seriesTable(
    (): Distribution => ({
      count: 0,
      sum: 0,
      min: Number.POSITIVE_INFINITY,
      max: 0,
      buckets: new Array<number>(bounds.length + 1).fill(0),
    }),
  );
  return {
    kind: 'timer',
    record(duration, tags) {
      if (!(duration >= 0 && duration < Number.POSITIVE_INFINITY)) return;
      const series = table.of(tags);
      series.count += 1;
      series.sum += duration;
      if (duration < series.min) series.min = duration;
      if (duration > series.max) series.max = duration;
      // A bucket holds what is at most its bound.
      let bucket = 0;
      while (bucket < bounds.length && duration > (bounds[bucket] as number)) bucket += 1;
      series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1;
    },
    collect(since, now) {
      const points = pointsOf(table, (tags, { count, sum, min, max, buckets }) => ({
        attributes: toAttributes(tags),
        startTimeUnixNano: since,
        timeUnixNano: now,
        count: String(count),
        sum,
        min,
        max,
        bucketCounts: buckets.map(String),
        explicitBounds: bounds,
      }));
      table.clear();
      return points.length === 0 ? null : otlpTimer(head, points);
    },
  };
}

function checkOptions({ endpoint, interval = INTERVAL }: MetricsOptions): void {
  if (typeof endpoint !== 'string' || endpoint === '') {
    throw new TypeError(`endpoint must be a URL, got ${JSON.stringify(endpoint)}`);
  }
  if (!(interval > 0)) throw new RangeError(`interval must be > 0 s, got ${interval}`);
}

function checkBounds(bounds: readonly number[]): void {
  const ascending = bounds.every((bound, index) => bound > (bounds[index - 1] ?? Number.NEGATIVE_INFINITY));
  if (!ascending) throw new RangeError(`bounds must be ascending numbers, got ${bounds.join(', ')}`);
}

/**
 * Makes metrics in a given environment; in a page, `createMetrics` gives it. Values are what happened between two publications; a
 * publication that cannot be sent waits, in the store too, and goes again as it was.
 *
 * @throws TypeError or RangeError naming the option that cannot work
 */
export function metricsIn(env: DeliveryEnvironment, options: MetricsOptions): PublishedMetrics {
  checkOptions(options);
  const { endpoint, resource = {}, interval = INTERVAL, headers = {} } = options;
  const sources = new Map<string, Source>();
  const stream = randomId();
  let publications = 0;
  let since = env.epoch();
  let cancelTimer = (): void => {};
  let stopped = false;
  let denied = options.consent === 'denied';

  // Before the delivery listens itself: what is collected now has to be in it when the page goes.
  const unwatch = env.watchPage?.((event) => {
    if (event === 'hidden' || event === 'exit') collect();
  });
  const delivery = createDelivery(
    `sluice-metrics ${endpoint}`,
    {
      url: endpoint,
      body: toExportRequest,
      contentType: 'application/json',
      exitContentType: 'application/json',
      headers,
      compress: options.compress ?? true,
      lossLine: null,
    },
    env,
    { exitBytes: EXIT_BYTES, ...options.limits },
  );

  /** What was recorded since the last time, as one entry of the delivery. */
  function collect(): void {
    const now = env.epoch();
    const metrics = [...sources.values()]
      .map((source) => source.collect(toNano(since), toNano(now)))
      .filter((metric) => metric !== null);
    since = now;
    if (metrics.length === 0 || denied) return;
    publications += 1;
    const text = toResourceMetrics(resource, metrics);
    delivery.add({ stream, seq: publications, text, rank: 1, recordedAt: now }, true);
  }

  const startTimer = (): void => {
    cancelTimer = env.clock.after(interval, () => {
      collect();
      startTimer();
    });
  };

  const setConsent = (consent: Consent): void => {
    denied = consent === 'denied';
    delivery.hold(consent !== 'granted');
    if (denied) void delivery.forget().catch(() => {});
  };

  const once = <S extends Source>(name: string, kind: S['kind'], make: () => S): S => {
    const known = sources.get(name);
    if (known !== undefined && known.kind !== kind) throw new TypeError(`"${name}" is a ${known.kind}, no ${kind}`);
    const source = known ?? make();
    sources.set(name, source);
    return source as S;
  };

  startTimer();
  setConsent(options.consent ?? 'granted');

  return {
    counter: (name, head = {}) => once(name, 'counter', () => counterSource(headOf(name, head))),
    gauge: (name, head = {}) => once(name, 'gauge', () => gaugeSource(headOf(name, head))),
    timer(name, { bounds = BOUNDS, ...head }: TimerOptions = {}) {
      checkBounds(bounds);
      return once(name, 'timer', () => timerSource(headOf(name, { unit: 's', ...head }), bounds));
    },
    async publish() {
      collect();
      await delivery.flush();
    },
    setConsent,
    get stats() {
      return delivery.stats;
    },
    async destroy() {
      if (!stopped) {
        stopped = true;
        cancelTimer();
        unwatch?.();
        collect();
      }
      await delivery.destroy();
    },
  };
}
