import type { Timeline } from '../session/timeline.ts';

/**
 * A score and why it is what it is: `value` in the scorer's own scale (null when there is nothing to score), `terms` the
 * named parts that make it up, in the scale in which they enter it.
 */
export interface QoeScore {
  readonly value: number | null;
  readonly terms: Readonly<Record<string, number>>;
  /**
   * Where the value is a sum, what each part of it counts: value = Σ weights[name] · terms[name]. Terms without a weight
   * are told besides. Left out where the parts make up the value in another way, which the model then says.
   */
  readonly weights?: Readonly<Record<string, number>>;
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
