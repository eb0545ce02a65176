import type { Metrics, Tags } from './instruments.ts';

/** What of `@opentelemetry/api`'s Meter is used: any one of version 1 will do. */
export interface OtelMeter {
  createCounter(
    name: string,
    options?: { description?: string; unit?: string },
  ): { add(value: number, attributes?: Record<string, string | number | boolean>): void };
  createHistogram(
    name: string,
    options?: { description?: string; unit?: string; advice?: { explicitBucketBoundaries?: number[] } },
  ): {
    record(value: number, attributes?: Record<string, string | number | boolean>): void;
  };
  createGauge(
    name: string,
    options?: { description?: string; unit?: string },
  ): { record(value: number, attributes?: Record<string, string | number | boolean>): void };
}

/** OTel's types want attributes that may change; it does not change them. */
const attributesOf = (tags: Tags | undefined): Record<string, string | number | boolean> =>
  (tags ?? {}) as Record<string, string | number | boolean>;

/** Metrics over an OpenTelemetry meter, for apps that have its SDK: what is recorded goes its way and is published by it. */
export function metricsOver(meter: OtelMeter): Metrics {
  return {
    counter(name, options = {}) {
      const counter = meter.createCounter(name, { ...options });
      return { add: (value = 1, tags) => counter.add(value, attributesOf(tags)) };
    },
    timer(name, { bounds, ...options } = {}) {
      const advice = bounds === undefined ? {} : { advice: { explicitBucketBoundaries: [...bounds] } };
      const histogram = meter.createHistogram(name, { unit: 's', ...options, ...advice });
      return { record: (duration, tags) => histogram.record(duration, attributesOf(tags)) };
    },
    gauge(name, options = {}) {
      const gauge = meter.createGauge(name, { ...options });
      return { set: (value, tags) => gauge.record(value, attributesOf(tags)) };
    },
  };
}
