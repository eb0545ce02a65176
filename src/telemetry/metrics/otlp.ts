import type { Tags } from './instruments.ts';

/** A value of an attribute in OTLP's JSON. */
type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly doubleValue: number }
  | { readonly intValue: string };

/** An attribute in OTLP's JSON. */
export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

/** A counter's or a gauge's value. Times are ns since the epoch, as text: they are past what a double holds. */
export interface NumberDataPoint {
  readonly attributes: readonly KeyValue[];
  readonly startTimeUnixNano?: string;
  readonly timeUnixNano: string;
  readonly asDouble: number;
}

/** A timer's values: counts of the buckets, one more than there are bounds. */
export interface HistogramDataPoint {
  readonly attributes: readonly KeyValue[];
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
  readonly count: string;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly bucketCounts: readonly string[];
  readonly explicitBounds: readonly number[];
}

/** What happened between two publications (delta temporality). */
const DELTA = 1;

/** A metric in OTLP's JSON. */
export interface OtlpMetric {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly sum?: {
    readonly aggregationTemporality: number;
    readonly isMonotonic: boolean;
    readonly dataPoints: readonly NumberDataPoint[];
  };
  readonly gauge?: { readonly dataPoints: readonly NumberDataPoint[] };
  readonly histogram?: { readonly aggregationTemporality: number; readonly dataPoints: readonly HistogramDataPoint[] };
}

/** Name, description and unit of a metric. */
export interface MetricHead {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
}

/** ms since the epoch in ns, as text. */
export const toNano = (ms: number): string => `${Math.round(ms)}000000`;

/** Tags as attributes. */
export function toAttributes(tags: Tags): KeyValue[] {
  return Object.entries(tags).map(([key, value]): KeyValue => {
    if (typeof value === 'boolean') return { key, value: { boolValue: value } };
    if (typeof value === 'string') return { key, value: { stringValue: value } };
    return { key, value: Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value } };
  });
}

/** A counter. */
export const otlpCounter = (head: MetricHead, dataPoints: readonly NumberDataPoint[]): OtlpMetric => ({
  ...head,
  sum: { aggregationTemporality: DELTA, isMonotonic: true, dataPoints },
});

/** A gauge. */
export const otlpGauge = (head: MetricHead, dataPoints: readonly NumberDataPoint[]): OtlpMetric => ({
  ...head,
  gauge: { dataPoints },
});

/** A timer. */
export const otlpTimer = (head: MetricHead, dataPoints: readonly HistogramDataPoint[]): OtlpMetric => ({
  ...head,
  histogram: { aggregationTemporality: DELTA, dataPoints },
});

/**
 * Metrics of one publication as a ResourceMetrics, one line of JSON.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export function toResourceMetrics(resource: Tags, metrics: readonly OtlpMetric[]): string {
  return JSON.stringify({
    resource: { attributes: toAttributes(resource) },
    scopeMetrics: [{ scope: { name: 'sluice' }, metrics }],
  });
}

/** An ExportMetricsServiceRequest of several publications. */
export const toExportRequest = (resourceMetrics: readonly string[]): string =>
  `{"resourceMetrics":[${resourceMetrics.join(',')}]}`;
