export { defaultAbandon } from './abandon.ts';
export {
  type AbrChoice,
  type AbrController,
  type AbrControllerOptions,
  createAbrController,
} from './abr-controller.ts';
export { type BbaOptions, bba } from './bba.ts';
export { type BolaOptions, bola } from './bola.ts';
export { type BolaEOptions, bolaE } from './bola-e.ts';
export { type CapacityAwareOptions, capacityAware } from './capacity-aware.ts';
export { type CatalogueEntry, STRATEGIES, STRATEGY_NAMES, type StrategyName, strategyByName } from './catalogue.ts';
export { type DynamicOptions, dynamic } from './dynamic.ts';
export { type FestiveOptions, festive } from './festive.ts';
export {
  type AbrGuard,
  type DroppedFramesOptions,
  droppedFrames,
  type GuardLimit,
  guarded,
  type InsufficientBufferOptions,
  insufficientBuffer,
  minimumBuffer,
  type SwitchHistoryOptions,
  switchHistory,
} from './guards.ts';
export { type L2aOptions, l2a } from './l2a.ts';
export { type LolPlusOptions, lolPlus } from './lol-plus.ts';
export { type PercentileOptions, percentile, percentileOf } from './percentile.ts';
export { type RobustMpcOptions, robustMpc } from './robust-mpc.ts';
export { type SabreEwmaOptions, sabreEwma } from './sabre-ewma.ts';
export {
  type AbrContext,
  type AbrDecision,
  type AbrInput,
  type AbrPhase,
  type AbrStrategy,
  type DownloadProgress,
  highestWalkingUp,
  nearestCandidate,
} from './strategy.ts';
export { type ThroughputOptions, throughput } from './throughput.ts';
export {
  type DualEwmaOptions,
  dualEwma,
  MIN_SAMPLE_BYTES,
  type ThroughputEstimator,
  type ThroughputSample,
  toSample,
} from './throughput-estimator.ts';
