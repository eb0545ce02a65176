export { createEventLog, type EventLog, parseNdjson, toNdjson } from '../session/event-log.ts';
export { type PlaybackState, STATE_TOKENS } from '../session/playback-state.ts';
export { type SessionMetrics, sessionMetrics } from '../session/session-metrics.ts';
export { advance, EMPTY_TIMELINE, replay, type Timeline } from '../session/timeline.ts';
export type { QoeScore, QoeScorer } from './qoe-scorer.ts';
export { type WeightedOptions, weighted } from './weighted.ts';
