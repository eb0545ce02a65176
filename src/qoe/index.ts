export type * from '../media/playback-event.ts';
export { ERROR_CATEGORIES, type ErrorCategory, type ErrorCode } from '../media/player-error.ts';
export type { AudioTrack, Ladder, Rendition, TextTrack } from '../media/rendition.ts';
export { createEventLog, type EventLog, toNdjson } from '../session/event-log.ts';
export { checkFact } from '../session/fact-schema.ts';
export type { MediaLedger, MediaPiece, Waste } from '../session/media-ledger.ts';
export type { HostTransfer, Network, Transfer } from '../session/network.ts';
export { parseNdjson } from '../session/parse-ndjson.ts';
export {
  INITIAL_STATE,
  type PlaybackState,
  STATE_TOKENS,
  type StateMachine,
  transition,
} from '../session/playback-state.ts';
export { Series } from '../session/series.ts';
export { type SessionMetrics, sessionMetrics, type WastedBytes } from '../session/session-metrics.ts';
export {
  type PixelSize,
  type PlayedSpan,
  type ShownMedia,
  type ShownTotals,
  type SwitchCount,
  upscalingOf,
} from '../session/shown-media.ts';
export {
  advance,
  EMPTY_TIMELINE,
  type Interval,
  type LiveLatency,
  replay,
  type Timeline,
  type ToldError,
} from '../session/timeline.ts';
export { type ExperienceOptions, experience } from './experience.ts';
export { foldShown } from './fold-shown.ts';
export {
  type LinearChunk,
  type LinearNormalisation,
  type LinearOptions,
  type LinearPenalties,
  type LinearQuality,
  type LinearTotals,
  linearQoe,
  linearQuality,
  linearScore,
  scoreChunks,
} from './linear-qoe.ts';
export { MODEL_NAMES, type ModelName, type ModelOptions, modelByName } from './models.ts';
export { askForest, type Forest, parseForestCsv, type Tree } from './p1203/forest.ts';
export {
  checkP1203Input,
  type P1203AudioCodec,
  type P1203AudioSegment,
  type P1203Device,
  type P1203Frame,
  type P1203Input,
  type P1203VideoSegment,
} from './p1203/input.ts';
export type { Integration, IntegrationOptions } from './p1203/integration.ts';
export { type P1203Result, scoreP1203 } from './p1203/score-p1203.ts';
export type { P1203Mode } from './p1203/video.ts';
export { type P1203Options, p1203 } from './p1203.ts';
export {
  type PictureQualityOptions,
  parseQualityTable,
  type QualityTable,
  ssimQoe,
  vmafQoe,
} from './picture-quality.ts';
export type { QoeScore, QoeScorer } from './qoe-scorer.ts';
export { type WeightedOptions, weighted } from './weighted.ts';
