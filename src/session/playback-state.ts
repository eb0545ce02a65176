import type { PlaybackEvent } from '../media/playback-event.ts';

/**
 * The player's state in the words of CTA-5004-B (CMCD `sta`): s starting, p playing, k seeking, r rebuffering, a paused,
 * e ended, f fatal error, q quit, d preloading.
 *
 * @see CTA-5004-B Table 1, key `sta`
 */
export type PlaybackState =
  | 'preloading'
  | 'starting'
  | 'playing'
  | 'seeking'
  | 'rebuffering'
  | 'paused'
  | 'ended'
  | 'failed'
  | 'quit';

/** The CMCD token of each state. */
export const STATE_TOKENS: Readonly<Record<PlaybackState, string>> = {
  preloading: 'd',
  starting: 's',
  playing: 'p',
  seeking: 'k',
  rebuffering: 'r',
  paused: 'a',
  ended: 'e',
  failed: 'f',
  quit: 'q',
};

/** State with what decides the next one: whether playback ever started, and whether the viewer wants it to run. */
export interface StateMachine {
  readonly state: PlaybackState;
  readonly started: boolean;
  readonly wantsToPlay: boolean;
}

/** Before anything was asked for. */
export const INITIAL_STATE: StateMachine = { state: 'preloading', started: false, wantsToPlay: false };

/**
 * What a fact means for the state. `waiting` is start-up before the first frame, part of a seek while one is under way,
 * and a stall only otherwise; a seek ends when playback goes on (or, paused, when the element has sought). Failed and
 * quit are final.
 */
export function transition(machine: StateMachine, event: PlaybackEvent): StateMachine {
  const { state, started, wantsToPlay } = machine;
  if (state === 'failed' || state === 'quit') return machine;
  const to = (next: PlaybackState, change: Partial<StateMachine> = {}): StateMachine => ({
    ...machine,
    ...change,
    state: next,
  });
  switch (event.type) {
    case 'playbackRequest':
      return started ? machine : to('starting', { wantsToPlay: true });
    case 'play':
      if (!started) return to('starting', { wantsToPlay: true });
      // The element says `playing` next if it can; until then it is whatever it was waiting for.
      return state === 'paused' || state === 'ended'
        ? to('playing', { wantsToPlay: true })
        : { ...machine, wantsToPlay: true };
    case 'playing':
      return to('playing', { started: true, wantsToPlay: true });
    case 'waiting':
      return state === 'playing' ? to('rebuffering') : machine;
    case 'seeking':
      return started ? to('seeking') : machine;
    case 'seeked':
      return state === 'seeking' && !wantsToPlay ? to('paused') : machine;
    case 'pause':
      // Elements fire `pause` just before `ended`; the seek under way stays one, paused.
      if (state === 'ended') return machine;
      if (!started) return to('preloading', { wantsToPlay: false });
      return state === 'seeking' ? { ...machine, wantsToPlay: false } : to('paused', { wantsToPlay: false });
    case 'ended':
      return to('ended', { wantsToPlay: false });
    case 'error':
      return event.fatal ? to('failed') : machine;
    case 'sessionEnd':
      if (event.reason === 'failed') return to('failed');
      return state === 'ended' ? machine : to('quit');
    default:
      return machine;
  }
}
