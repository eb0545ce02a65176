import type { Fact, PlaybackEvent } from '../media/playback-event.ts';
import type { Rank } from './delivery/entry.ts';

/**
 * What can be done without when a cap is reached. 3: what a session is, that it failed, how it ended. 2: what the viewer saw. 1: why.
 * 0: what only refines a curve.
 */
const RANKS: Readonly<Record<Fact['type'], Rank>> = {
  sessionStart: 3,
  playbackRequest: 3,
  manifest: 3,
  error: 3,
  sessionEnd: 3,
  play: 2,
  pause: 2,
  playing: 2,
  waiting: 2,
  seeking: 2,
  seeked: 2,
  ended: 2,
  rateChange: 2,
  renditionChange: 2,
  recovery: 2,
  selection: 2,
  cap: 1,
  audioTrackChange: 1,
  textTrackChange: 1,
  playerResize: 1,
  decision: 1,
  edge: 1,
  buffered: 1,
  flushed: 1,
  request: 0,
  sample: 0,
};

/** How dear a fact is: a request that failed says more than one that did not. */
export function rankOf(fact: PlaybackEvent): Rank {
  return fact.type === 'request' && fact.outcome === 'failed' ? 2 : RANKS[fact.type];
}

/** Whether a fact should not wait for its batch: playback cannot go on, or is over. */
export function isUrgent(fact: PlaybackEvent): boolean {
  return fact.type === 'sessionEnd' || (fact.type === 'error' && fact.fatal);
}
