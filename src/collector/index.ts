export type { ClickHouseOptions } from './clickhouse-client.ts';
export { type ClickHouseStoreOptions, clickHouseStore } from './clickhouse-store.ts';
export {
  type Collector,
  type CollectorOptions,
  type CollectorStatus,
  createCollector,
} from './collector.ts';
export type { Origins } from './cors.ts';
export type {
  Appended,
  Batch,
  ChangedSession,
  CountQuery,
  CountRow,
  Dimension,
  EventStore,
  Filter,
  Projection,
  RollupQuery,
  RollupRow,
  SessionQuery,
  StoredFact,
  StoredSession,
  StoreSize,
  VariantSums,
  Window,
} from './event-store.ts';
export { EXPERIMENT_TAG, METRICS, type MetricName } from './experiment-metrics.ts';
export { type Comparison, type ExperimentResult, experimentResult } from './experiment-result.ts';
export { DEFAULT_LIMITS, type IngestCounts, type IngestLimits, type Sender } from './ingest.ts';
export { MEASURES, type Measure, percentilesOf } from './measures.ts';
export { memoryStore } from './memory-store.ts';
export type { Figures, Overview, Percentiles } from './overview.ts';
export type { Allowance } from './rate-limit.ts';
export {
  type Contribution,
  projectSession,
  type SessionSummary,
  SUMS,
  type SumName,
  type Sums,
} from './session-projection.ts';
export { type BatchLog, decodeBatch, encodeBatch, streamFront } from './stream-front.ts';
export type { Viewing } from './viewing-history.ts';
