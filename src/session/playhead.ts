import type { PlaybackEvent } from '../media/playback-event.ts';
import type { StateMachine } from './playback-state.ts';
import { type PlayedSpan, type ShownDraft, showMedia } from './shown-media.ts';

/** The part of a timeline that the playhead changes; a draft of one's own, changed in place. Times in s. */
export interface PlayheadDraft extends ShownDraft {
  readonly at: number;
  readonly machine: StateMachine;
  readonly rate: number;
  readonly rendition: number | null;
  mediaPlayed: number;
  position: number;
  positionAt: number;
  span: PlayedSpan | null;
}

/** s that a position may be ahead of what clock and rate allow before it is a jump: late samples, rounded clocks. */
const JUMP = 0.5;

/** The playhead has come to `position` (null: as far as the clock says) while it played; shows what lies between. */
function play(draft: PlayheadDraft, position: number | null): void {
  const allowed = Math.max(draft.at - draft.positionAt, 0) * draft.rate;
  const way = position === null ? allowed : position - draft.position;
  const moved = way > allowed + JUMP || way < -JUMP ? allowed : Math.max(way, 0);
  if (moved > 0) {
    showMedia(draft, draft.rendition, draft.position, moved);
    draft.mediaPlayed += moved;
    if (draft.span !== null) draft.span = { ...draft.span, played: draft.span.played + moved };
  }
  draft.position = position ?? draft.position + moved;
  draft.positionAt = draft.at;
}

/** Shows up to a media time between the last known position and where the playhead can be now. */
function playUpTo(draft: PlayheadDraft, boundary: number): void {
  const { at, position, positionAt, rate } = draft;
  const moved = Math.min(Math.max(boundary - position, 0), (at - positionAt) * rate);
  if (!(moved > 0)) return;
  play(draft, position + moved);
  draft.positionAt = positionAt + moved / rate;
}

/** Follows the playhead to where a fact says it is; `next` is the state after it. Changes the draft in place. */
export function followPlayhead(draft: PlayheadDraft, event: PlaybackEvent, next: StateMachine): void {
  const playing = draft.machine.state === 'playing';
  switch (event.type) {
    case 'seeking':
      // The element is at its target already: what was played before is told by the clock.
      if (playing) play(draft, null);
      draft.position = event.position;
      draft.positionAt = draft.at;
      return;
    case 'renditionChange':
      if (playing) playUpTo(draft, event.position);
      return;
    case 'play':
    case 'pause':
    case 'playing':
    case 'waiting':
    case 'seeked':
    case 'ended':
    case 'rateChange':
    case 'sample':
      if (playing) play(draft, event.position);
      draft.position = event.position;
      draft.positionAt = draft.at;
      return;
    default:
      if (playing && next.state !== 'playing') play(draft, null);
  }
}
