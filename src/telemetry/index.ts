export type { BeaconLine, LossLine, LossReason, ParsedBeacon, Refusal } from './beacon-format.ts';
export { parseBeacon } from './beacon-format.ts';
export {
  type BeaconOptions,
  type BeaconStats,
  type Beacons,
  beaconsIn,
  type Consent,
  type FactSource,
  type SessionTags,
} from './beacons.ts';
export { type Cmcd, type CmcdOptions, cmcdIn } from './cmcd/cmcd.ts';
export type { CmcdEventName } from './cmcd/cmcd-event-name.ts';
export type { CmcdEventOptions, CmcdEventTarget } from './cmcd/cmcd-events.ts';
export type { CmcdCustomKey, CmcdData, CmcdKey, CmcdNumber, CmcdObjectType, CmcdValue } from './cmcd/cmcd-keys.ts';
export type { CmcdRequestOptions } from './cmcd/cmcd-requests.ts';
export type { DeliveryStats } from './delivery/delivery.ts';
export type { DeliveryEnvironment, LifecycleEvent } from './delivery/delivery-environment.ts';
export { DELIVERY_LIMITS, type DeliveryLimits } from './delivery/delivery-limits.ts';
export type { DeliveryTrouble } from './delivery/pace.ts';
export type { Viewing, ViewingEventType } from './history/viewing.ts';
export type { ViewingHistory, ViewingHistoryOptions } from './history/viewing-history.ts';
export type { Counter, Gauge, MetricOptions, Metrics, Tags, Timer, TimerOptions } from './metrics/instruments.ts';
export { type MetricsOptions, metricsIn, type PublishedMetrics } from './metrics/metrics.ts';
export { metricsOver, type OtelMeter } from './metrics/otel-bridge.ts';
export { recordPlayback } from './metrics/playback-metrics.ts';
export { createBeacons } from './page/create-beacons.ts';
export { createCmcd } from './page/create-cmcd.ts';
export { createMetrics } from './page/create-metrics.ts';
export { createViewingHistory } from './page/create-viewing-history.ts';
export { assignVariant } from './variant.ts';
