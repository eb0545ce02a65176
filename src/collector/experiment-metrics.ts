import type { SessionSummary } from './session-projection.ts';

/** Prefix of the tags that say which variant of an experiment a session was exposed to: `ab.start` is `low`. */
export const EXPERIMENT_TAG = 'ab.';

/** What an experiment is judged by: a number of each session, null where it has none. */
export const METRICS = {
  /** QoE score, 0…100. */
  score: ({ normalised }) => normalised,
  /** s to the first frame. */
  startup: ({ metrics }) => metrics.initialStartupTime,
  /** Share of watched time stalled, 0…1. */
  rebuffering: ({ metrics }) => metrics.rebufferRatio,
  /** Mbit/s on screen. */
  bitrate: ({ metrics }) => (metrics.averageBitrate === null ? null : metrics.averageBitrate / 1e6),
  /** min watched. */
  watched: ({ metrics }) => metrics.watchedTime / 60,
  /** 1 if a fatal error ended it. */
  failure: ({ fatal }) => (fatal === null ? 0 : 1),
} as const satisfies Record<string, (summary: SessionSummary) => number | null>;

/** A name of {@link METRICS}. */
export type MetricName = keyof typeof METRICS;
