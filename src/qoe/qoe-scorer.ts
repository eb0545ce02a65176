import type { Timeline } from '../session/timeline.ts';

/**
 * A score and why it is what it is: `value` in the scorer's own scale (null when there is nothing to score), `terms` the
 * named parts that make it up, in the scale in which they enter it.
 */
export interface QoeScore {
  readonly value: number | null;
  readonly terms: Readonly<Record<string, number>>;
  /**
   * True while the session goes on and the model needs more of it, or its end, for the value to be what the model
   * defines; left out otherwise. A provisional value is for a live display, not for a report.
   */
  readonly provisional?: true;
  /** What one has to know to read the value: data that was missing, what was assumed in its place. Left out if nothing. */
  readonly notes?: readonly string[];
}

/**
 * A model of what the viewer felt: a pure function of the timeline, so that live and replay agree. A costly model may
 * remember what it computed of a timeline's beginning (`Series.root` tells that two timelines share it), as long as
 * that shows in nothing but speed.
 */
export interface QoeScorer {
  /** Under which its scores stand in `qoe$`, and by which the command line knows it. */
  readonly name: string;
  score(timeline: Timeline): QoeScore;
}
