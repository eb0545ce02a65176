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

/** State with what decides the next one. Media times in s. */
export interface StateMachine {
  readonly state: PlaybackState;
  /** Whether a first frame ever moved. */
  readonly started: boolean;
  /** Whether the viewer wants it to run. */
  readonly wantsToPlay: boolean;
  /** Where playback stands still (it stopped, or has sought and waits); null while it moves or a seek has not arrived. */
  readonly standsAt: number | null;
  /** Where the media ends; null when live or not known. */
  readonly end: number | null;
}

/** Before anything was asked for. */
export const INITIAL_STATE: StateMachine = {
  state: 'preloading',
  started: false,
  wantsToPlay: false,
  standsAt: null,
  end: null,
};

/** s within which `waiting` is about the end of the media, not about a lack of it: about three frames. */
const END_TOLERANCE = 0.1;
/**
 * s by which a seek out of a stall may go forward and still be the engine's own: engines nudge a stuck playhead by a few
 * tenths, or over a gap; viewers jump by several seconds.
 */
const NUDGE = 1;
/** s that media must have moved to count as playing although the element did not say `playing`. */
const MOVED = 0.25;

const to = (machine: StateMachine, state: PlaybackState, change: Partial<StateMachine> = {}): StateMachine => ({
  ...machine,
  ...change,
  state,
});

function onPause(machine: StateMachine, position: number): StateMachine {
  const { state, started } = machine;
  // Elements fire `pause` just before `ended`; a seek under way stays one, paused.
  if (state === 'ended') return machine;
  if (!started) return to(machine, 'preloading', { wantsToPlay: false });
  if (state === 'seeking') return { ...machine, wantsToPlay: false };
  return to(machine, 'paused', { wantsToPlay: false, standsAt: position });
}

function onWaiting(machine: StateMachine, position: number): StateMachine {
  const { state, wantsToPlay, end } = machine;
  // After `play` on a paused element `waiting` says that there is nothing to go on with.
  if (state !== 'playing' && !(state === 'paused' && wantsToPlay)) return machine;
  if (end !== null && position >= end - END_TOLERANCE) return machine;
  return to(machine, 'rebuffering', { standsAt: position });
}

function onSeeking(machine: StateMachine, position: number): StateMachine {
  const { state, started, standsAt } = machine;
  if (!started) return machine;
  const nudged = state === 'rebuffering' && standsAt !== null && position > standsAt && position <= standsAt + NUDGE;
  return nudged ? { ...machine, standsAt: position } : to(machine, 'seeking', { standsAt: null });
}

function onSeeked(machine: StateMachine, position: number): StateMachine {
  if (machine.state !== 'seeking') return machine;
  return machine.wantsToPlay ? { ...machine, standsAt: position } : to(machine, 'paused', { standsAt: position });
}

/** Some browsers forget `playing` after a seek or a stall; media that moves is playing all the same. */
function onSample(machine: StateMachine, position: number): StateMachine {
  const { started, wantsToPlay, standsAt } = machine;
  if (!started || !wantsToPlay || standsAt === null || position < standsAt + MOVED) return machine;
  return to(machine, 'playing', { standsAt: null });
}

/**
 * What a fact means for the state. `waiting` is start-up before the first frame, part of a seek while one is under way,
 * the end when there is no more media, and a stall only otherwise; a seek ends when playback goes on (or, paused, when
 * the element has sought). An engine that nudges a stuck playhead does not end the stall. Nothing is taken to play before the element says so: `play` on a paused element changes only
 * the wish. Failed and quit are final.
 */
export function transition(machine: StateMachine, event: PlaybackEvent): StateMachine {
  const { state, started } = machine;
  if (state === 'failed' || state === 'quit') return machine;
  switch (event.type) {
    case 'manifest':
      return event.duration === machine.end ? machine : { ...machine, end: event.duration };
    case 'playbackRequest':
      return started ? machine : to(machine, 'starting', { wantsToPlay: true });
    case 'play':
      return started ? { ...machine, wantsToPlay: true } : to(machine, 'starting', { wantsToPlay: true });
    case 'playing':
      return to(machine, 'playing', { started: true, wantsToPlay: true, standsAt: null });
    case 'waiting':
      return onWaiting(machine, event.position);
    case 'seeking':
      return onSeeking(machine, event.position);
    case 'seeked':
      return onSeeked(machine, event.position);
    case 'sample':
      return onSample(machine, event.position);
    case 'pause':
      return onPause(machine, event.position);
    case 'ended':
      return to(machine, 'ended', { wantsToPlay: false, standsAt: null });
    case 'error':
      return event.fatal ? to(machine, 'failed') : machine;
    case 'sessionEnd':
      if (event.reason === 'failed') return to(machine, 'failed');
      return state === 'ended' ? machine : to(machine, 'quit');
    default:
      return machine;
  }
}
