import { metrics as otelMetrics } from '@opentelemetry/api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlaybackEvent } from '../../media/playback-event.ts';
import type { FactSource } from '../beacons.ts';
import { fakeBrowser, settle } from '../delivery/fake-browser.ts';
import { memoryStore } from '../delivery/memory-store.ts';
import type { OutboxStore } from '../delivery/outbox-store.ts';
import { MAX_SERIES, type Metrics, type Tags } from './instruments.ts';
import { type MetricsOptions, metricsIn } from './metrics.ts';
import { metricsOver, type OtelMeter } from './otel-bridge.ts';
import { recordPlayback } from './playback-metrics.ts';

const EPOCH = 1_764_752_400_000;

interface Point {
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
  readonly [field: string]: unknown;
}

/** Metrics in a page, and what an OTLP collector got of them. */
function page(options: Partial<MetricsOptions> = {}, store?: OutboxStore | null) {
  const world = fakeBrowser(store);
  const { env, tell, kill } = world.page();
  const epoch = (): number => EPOCH + world.clock.now() * 1000;
  const metrics = metricsIn(
    { ...env, epoch },
    { endpoint: 'https://otel.example/v1/metrics', compress: false, ...options },
  );
  const exports = () => world.collector.stored.map((text) => JSON.parse(text));
  /** Data points of a metric over all exports. */
  const points = (name: string): readonly Point[] =>
    exports().flatMap(({ resourceMetrics }) =>
      resourceMetrics
        .flatMap((one: { scopeMetrics: { metrics: { name: string }[] }[] }) =>
          one.scopeMetrics.flatMap((scope) => scope.metrics),
        )
        .filter((metric: { name: string }) => metric.name === name)
        .flatMap(
          (metric: Record<string, { dataPoints: Point[] }>) =>
            (metric.sum ?? metric.gauge ?? metric.histogram)?.dataPoints,
        ),
    );
  return { ...world, metrics, tell, kill, exports, points };
}

describe('metrics', () => {
  it('go out every minute as OTLP has it: sums and histograms of the minute, the latest of gauges', async () => {
    const { metrics, advance, exports, collector } = page({ resource: { 'service.name': 'demo' } });
    metrics.counter('plays', { unit: '{play}', description: 'Plays' }).add(2, { engine: 'hls' });
    metrics.counter('plays').add(1, { engine: 'hls' });
    const timer = metrics.timer('wait', { bounds: [0.1, 1] });
    for (const duration of [0.05, 0.1, 0.2, 5]) timer.record(duration, { live: true });
    metrics.gauge('buffer', { unit: 's' }).set(3);
    metrics.gauge('buffer').set(4.5);
    await advance(59);
    expect(collector.requests).toHaveLength(0);
    await advance(2);
    expect(collector.requests[0]?.headers).toEqual({ 'content-type': 'application/json' });
    const since = `${EPOCH}000000`;
    const now = `${EPOCH + 60_000}000000`;
    expect(exports()).toEqual([
      {
        resourceMetrics: [
          {
            resource: { attributes: [{ key: 'service.name', value: { stringValue: 'demo' } }] },
            scopeMetrics: [
              {
                scope: { name: 'sluice' },
                metrics: [
                  {
                    name: 'plays',
                    description: 'Plays',
                    unit: '{play}',
                    sum: {
                      aggregationTemporality: 1,
                      isMonotonic: true,
                      dataPoints: [
                        {
                          attributes: [{ key: 'engine', value: { stringValue: 'hls' } }],
                          startTimeUnixNano: since,
                          timeUnixNano: now,
                          asDouble: 3,
                        },
                      ],
                    },
                  },
                  {
                    name: 'wait',
                    description: '',
                    unit: 's',
                    histogram: {
                      aggregationTemporality: 1,
                      dataPoints: [
                        {
                          attributes: [{ key: 'live', value: { boolValue: true } }],
                          startTimeUnixNano: since,
                          timeUnixNano: now,
                          count: '4',
                          sum: 5.35,
                          min: 0.05,
                          max: 5,
                          // At most 0.1: two; at most 1: one; above: one.
                          bucketCounts: ['2', '1', '1'],
                          explicitBounds: [0.1, 1],
                        },
                      ],
                    },
                  },
                  {
                    name: 'buffer',
                    description: '',
                    unit: 's',
                    gauge: { dataPoints: [{ attributes: [], timeUnixNano: now, asDouble: 4.5 }] },
                  },
                ],
              },
            ],
          },
        ],
      },
    ]);
  });

  it('tell of each minute only what happened in it, and nothing of one in which nothing did', async () => {
    const { metrics, advance, points, collector } = page();
    const counter = metrics.counter('plays');
    counter.add(5);
    await advance(61, 1);
    await advance(60, 1);
    counter.add(7);
    await advance(60, 1);
    expect(collector.requests).toHaveLength(2);
    expect(points('plays').map(({ asDouble }) => asDouble)).toEqual([5, 7]);
    expect(points('plays')[1]?.startTimeUnixNano).toBe(`${EPOCH + 120_000}000000`);
  });

  it('are kept while publishing fails, across the end of the page, and arrive once as they were', async () => {
    const store = memoryStore(() => EPOCH);
    const first = page({}, store);
    first.collector.answerWith(503);
    first.metrics.counter('plays').add(1);
    await first.advance(61, 1);
    first.metrics.counter('plays').add(2);
    await first.advance(61, 1);
    expect(first.collector.stored).toEqual([]);
    first.kill();
    const second = page({}, store);
    await second.advance(40, 1);
    expect(second.points('plays').map(({ asDouble }) => asDouble)).toEqual([1, 2]);
    expect(await store.owners()).toEqual([]);
  });

  it('of the last moment go when the page goes', async () => {
    const { metrics, tell, points } = page();
    metrics.counter('plays').add(3);
    tell('hidden');
    await settle();
    expect(points('plays').map(({ asDouble }) => asDouble)).toEqual([3]);
    metrics.counter('plays').add(4);
    tell('exit');
    expect(points('plays').map(({ asDouble }) => asDouble)).toEqual([3, 4]);
  });

  it('are one series for the same tags in any order, and bounded in number', async () => {
    const { metrics, points } = page();
    const counter = metrics.counter('plays');
    counter.add(1, { a: 1, b: 'x' });
    counter.add(1, { b: 'x', a: 1 });
    counter.add(1, { a: '1', b: 'x' });
    await metrics.publish();
    expect(points('plays').map(({ asDouble }) => asDouble)).toEqual([2, 1]);
    for (let id = 0; id < MAX_SERIES + 500; id += 1) counter.add(1, { id });
    await metrics.publish();
    const later = points('plays').slice(2);
    expect(later).toHaveLength(MAX_SERIES + 1);
    expect(later.at(-1)).toMatchObject({
      attributes: [{ key: 'otel.metric.overflow', value: { boolValue: true } }],
      asDouble: 500,
    });
  });

  it('lose nothing of what is recorded, in whatever pieces it is published', async () => {
    const record = fc.record({ value: fc.integer({ min: 0, max: 1000 }), tag: fc.constantFrom('a', 'b', 'c') });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(record, fc.constant(null))), async (steps) => {
        const { metrics, points } = page();
        const sums: Record<string, number> = {};
        for (const step of steps) {
          if (step === null) await metrics.publish();
          else {
            metrics.counter('plays').add(step.value, { tag: step.tag });
            metrics.timer('wait', { bounds: [10, 100] }).record(step.value, { tag: step.tag });
            sums[step.tag] = (sums[step.tag] ?? 0) + step.value;
          }
        }
        await metrics.destroy();
        const count = steps.filter((step) => step !== null).length;
        const sumOf = (name: string, field: string): number =>
          points(name).reduce((sum, point) => sum + Number(point[field]), 0);
        expect(sumOf('plays', 'asDouble')).toBe(Object.values(sums).reduce((sum, value) => sum + value, 0));
        expect(sumOf('wait', 'count')).toBe(count);
        expect(
          points('wait')
            .flatMap(({ bucketCounts }) => (bucketCounts as string[]).map(Number))
            .reduce((a, b) => a + b, 0),
        ).toBe(count);
      }),
      { numRuns: 30 },
    );
  });

  it('count nothing that is no amount, and refuse what cannot work by name', async () => {
    const { metrics, collector } = page();
    metrics.counter('plays').add(-1);
    metrics.counter('plays').add(Number.NaN);
    metrics.timer('wait').record(Number.POSITIVE_INFINITY);
    metrics.gauge('buffer').set(Number.NaN);
    await metrics.publish();
    expect(collector.requests).toHaveLength(0);
    expect(() => metrics.gauge('plays')).toThrow('"plays" is a counter, no gauge');
    expect(() => metrics.timer('other', { bounds: [2, 1] })).toThrow('bounds must be ascending numbers, got 2, 1');
    expect(() => page({ endpoint: '' })).toThrow('endpoint must be a URL');
    expect(() => page({ interval: 0 })).toThrow('interval must be > 0 s, got 0');
  });

  it('stay in the page without consent', async () => {
    const { metrics, advance, collector } = page({ consent: 'denied' });
    metrics.counter('plays').add(1);
    await advance(130, 1);
    await metrics.destroy();
    expect(collector.requests).toHaveLength(0);
  });
});

describe('the bridge to OpenTelemetry', () => {
  it('takes the meter of its API as it is', () => {
    const meter: OtelMeter = otelMetrics.getMeter('test');
    const metrics: Metrics = metricsOver(meter);
    metrics.counter('plays').add(1, { engine: 'hls' });
    metrics.timer('wait').record(0.5);
    metrics.gauge('buffer').set(3);
  });

  it('passes on what is recorded, with names, units and bounds', () => {
    const calls: unknown[] = [];
    const instrument = (kind: string) => (name: string, options: unknown) => {
      calls.push([kind, name, options]);
      const tell = (value: number, attributes: unknown) => calls.push([name, value, attributes]);
      return { add: tell, record: tell };
    };
    const metrics = metricsOver({
      createCounter: instrument('counter'),
      createHistogram: instrument('histogram'),
      createGauge: instrument('gauge'),
    });
    metrics.counter('plays', { unit: '{play}' }).add(undefined, { engine: 'hls' });
    metrics.timer('wait', { bounds: [1, 2] }).record(1.5);
    metrics.gauge('buffer').set(3, { live: false });
    expect(calls).toEqual([
      ['counter', 'plays', { unit: '{play}' }],
      ['plays', 1, { engine: 'hls' }],
      ['histogram', 'wait', { unit: 's', advice: { explicitBucketBoundaries: [1, 2] } }],
      ['wait', 1.5, {}],
      ['gauge', 'buffer', {}],
      ['buffer', 3, { live: false }],
    ]);
  });
});

describe('metrics of playback', () => {
  it('are what the facts of a session say', () => {
    const recorded: (readonly [name: string, value: number, tags: Tags | undefined])[] = [];
    const tell =
      (name: string) =>
      (value = 1, tags?: Tags) =>
        void recorded.push([name.replace('media.playback.', ''), value, tags]);
    const metrics: Metrics = {
      counter: (name) => ({ add: tell(name) }),
      timer: (name) => ({ record: tell(name) }),
      gauge: (name) => ({ set: tell(name) }),
    };
    const session: readonly PlaybackEvent[] = [
      { type: 'sessionStart', at: 0, sessionId: 's', startedAt: EPOCH, engine: 'hls', strategy: 'bola', src: 'x' },
      { type: 'playbackRequest', at: 0.5 },
      {
        type: 'request',
        at: 1.5,
        id: 1,
        attempt: 1,
        kind: 'segment',
        url: 'x',
        segment: null,
        start: 1,
        firstByte: 1.25,
        bytes: 900,
        status: 200,
        outcome: 'ok',
        fromCache: false,
        error: null,
      },
      { type: 'renditionChange', at: 2, index: 1, position: 0 },
      { type: 'playing', at: 2, position: 0 },
      { type: 'waiting', at: 5, position: 3 },
      { type: 'playing', at: 5.75, position: 3 },
      { type: 'renditionChange', at: 6, index: 0, position: 3.25 },
      {
        type: 'error',
        at: 7,
        category: 'media',
        code: 'MEDIA_STUCK',
        message: '',
        fatal: false,
        url: null,
        status: null,
      },
      { type: 'sessionEnd', at: 8, reason: 'quit' },
    ];
    const source: FactSource = { events: session, events$: { subscribe: () => ({ unsubscribe: () => {} }) } };
    recordPlayback(metrics, source, { app: 'demo' });
    const own = { app: 'demo', engine: 'hls', strategy: 'bola' };
    const about = { ...own, kind: 'segment', outcome: 'ok', cached: false };
    expect(recorded).toEqual([
      ['sessions', 1, own],
      ['request', 0.5, about],
      ['request.first_byte', 0.25, about],
      ['bytes', 900, about],
      ['startup', 1.5, own],
      ['stall', 0.75, own],
      ['switches', 1, { ...own, direction: 'down' }],
      ['errors', 1, { ...own, code: 'MEDIA_STUCK', fatal: false }],
      ['session.ends', 1, { ...own, reason: 'quit' }],
    ]);
  });
});
