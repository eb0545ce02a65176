export { type ClairvoyantOptions, type ClairvoyantPlan, clairvoyant, planned } from './clairvoyant.ts';
export {
  compare,
  type Estimate,
  estimate,
  isDifferent,
  MEASURES,
  type Measure,
  quantile,
  type StrategySummary,
} from './compare.ts';
export { linearQoe } from './linear-qoe.ts';
export { MADE_UP_LADDER, type MadeUpMovieOptions, madeUpMovie } from './made-up-movie.ts';
export { type Movie, movieDuration, parseSabreMovie, toMovie } from './movie.ts';
export {
  type NetworkPeriod,
  type NetworkTrace,
  networkPeriodAt,
  parseMahimahiTrace,
  parseNetworkTraces,
  parseSabreTrace,
  parseThroughputTrace,
  parseTraceCorpus,
  parseTraceSamples,
  type TraceOptions,
  traceBandwidth,
  traceDuration,
} from './network-trace.ts';
export {
  lowestThroughout,
  type PlaySettings,
  type PlayTraceOptions,
  playTrace,
  type Reach,
  type Semantics,
  type SessionRow,
  type StrategySet,
  simulateOptions,
  toRow,
} from './play-trace.ts';
export { hls, type LookRule, type PlayerProfile, PROFILES, type SoundRule, sabre, shaka } from './profile.ts';
export { type Random, random, seedOf } from './random.ts';
export { bufferCurve, waits } from './session-curves.ts';
export { movieFromSession, type SessionMovie } from './session-movie.ts';
export { type SessionTraceOptions, traceFromSession } from './session-trace.ts';
export {
  type LiveOptions,
  type SessionSummary,
  type SimulatedSession,
  type SimulateOptions,
  simulate,
  simulateSummary,
} from './simulate.ts';
export {
  type MarkovNetwork,
  type MarkovOptions,
  markovTrace,
  type NetworkState,
  SYNTHETIC_KINDS,
  SYNTHETIC_NETWORKS,
  SYNTHETIC_NOTES,
  type SyntheticKind,
  type SyntheticOptions,
  syntheticTrace,
  syntheticTraces,
} from './synthetic-trace.ts';
export { type ScoredSession, type SimulationError, type WhatIf, type WhatIfOptions, whatIf } from './what-if.ts';
