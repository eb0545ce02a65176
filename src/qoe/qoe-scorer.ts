import type { Timeline } from '../session/timeline.ts';

/**
 * A score and why it is what it is: `value` in the scorer's own scale (null when there is nothing to score), `terms` the
 * named parts that make it up.
 */
export interface QoeScore {
  readonly value: number | null;
  readonly terms: Readonly<Record<string, number>>;
}

/** A model of what the viewer felt: a pure function of the timeline, so that live and replay agree. */
export interface QoeScorer {
  readonly name: string;
  score(timeline: Timeline): QoeScore;
}
