export type { AbrChoice } from './abr/abr-controller.ts';
export type { AbrContext, AbrDecision, AbrInput, AbrStrategy, DownloadProgress } from './abr/strategy.ts';
export type { ThroughputEstimator } from './abr/throughput-estimator.ts';
export type { Engine, EngineDeps, EngineFactory, EngineLoader, EngineSettings } from './engine/engine.ts';
export { hls } from './engine/hls/loader.ts';
export { native } from './engine/native/loader.ts';
export { shaka } from './engine/shaka/loader.ts';
export type { Clock } from './media/clock.ts';
export type * from './media/playback-event.ts';
export {
  ERROR_CATEGORIES,
  type ErrorCategory,
  type ErrorCode,
  PlayerError,
  type PlayerErrorDetails,
} from './media/player-error.ts';
export type { AudioTrack, Ladder, Rendition, TextTrack } from './media/rendition.ts';
export {
  compose,
  type HttpHandler,
  type HttpProgress,
  type HttpRequest,
  type HttpResponse,
  type HttpTimeouts,
  type Middleware,
} from './net/http.ts';
export type { RenditionLimit } from './player/caps.ts';
export { createPlayer, type LoadOptions, type Player, type QoeScores } from './player/create-player.ts';
export type { EngineName, PlayerOptions } from './player/player-options.ts';
export type { QoeScore, QoeScorer } from './qoe/qoe-scorer.ts';
export type { PlaybackState } from './session/playback-state.ts';
export type { Timeline } from './session/timeline.ts';
