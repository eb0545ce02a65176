import type { PlaybackEvent } from '../../media/playback-event.ts';

/** What a viewing event says: it began, it got so far, it was paused, the media ended. */
export type ViewingEventType = 'started' | 'progress' | 'paused' | 'completed';

/**
 * One entry of the viewing log: of which content and in which session, when (ms since the epoch), how far (s of media), and how long the
 * content is (s; null when not known). Nothing says who: the log is the browser profile's own.
 */
export interface ViewingEvent {
  readonly type: ViewingEventType;
  readonly content: string;
  readonly session: string;
  readonly at: number;
  readonly position: number;
  readonly duration: number | null;
}

/** How far a content was watched, by its events: `state` is the last one's, `startedAt` when it was first watched. */
export interface Viewing {
  readonly content: string;
  /** Sessions in which it was watched, in order. */
  readonly sessions: readonly string[];
  readonly state: ViewingEventType;
  readonly startedAt: number;
  readonly lastAt: number;
  readonly position: number;
  readonly duration: number | null;
}

/** The viewing one event later; null is before the first. */
export function watch(before: Viewing | null, event: ViewingEvent): Viewing {
  const { content, session, type, at, position, duration } = event;
  const sessions = before?.sessions ?? [];
  return {
    content,
    sessions: sessions.includes(session) ? sessions : [...sessions, session],
    state: type,
    startedAt: before?.startedAt ?? at,
    lastAt: at,
    // A session that has just begun says nothing of how far it will get: where the one before was stays.
    position: type === 'started' && before !== null ? before.position : position,
    duration: duration ?? before?.duration ?? null,
  };
}

/** Viewings by their content, of a log in its order. */
export function replayViewings(events: Iterable<ViewingEvent>): ReadonlyMap<string, Viewing> {
  const viewings = new Map<string, Viewing>();
  for (const event of events) viewings.set(event.content, watch(viewings.get(event.content) ?? null, event));
  return viewings;
}

/** s: who watched less has hardly begun. */
const LEAST = 5;
/** s before the end, and share of the whole, from which on what is left is the credits. */
const CREDITS = 30;
const CREDITS_SHARE = 0.95;

/**
 * Where to go on with a content, s of media; null to start from the beginning: it was not watched, hardly begun, or completed (its
 * end reached, or all but the last half minute and the last twentieth of it).
 */
export function resumeAt(viewing: Viewing | null): number | null {
  if (viewing === null || viewing.state === 'completed' || viewing.position < LEAST) return null;
  const { position, duration } = viewing;
  if (duration !== null && position > duration - CREDITS && position > duration * CREDITS_SHARE) return null;
  return position;
}

/** s of media between two `progress` events. */
const PROGRESS = 10;

/** Turns the facts of one player into viewing events. */
export interface ViewingRecorder {
  take(fact: PlaybackEvent): void;
  /** Where playback is now, if that was not told yet: the page may be gone a moment later. */
  flush(): void;
}

/**
 * Makes a recorder. Live presentations are not recorded: there is nothing to go on with.
 *
 * @param contentOf  names what is played by its (redacted) source; null if it is not to be recorded
 * @param epoch  ms since the epoch
 */
export function recordViewing(
  contentOf: (src: string) => string | null,
  epoch: () => number,
  tell: (event: ViewingEvent) => void,
): ViewingRecorder {
  let content: string | null = null;
  let session = '';
  let duration: number | null = null;
  let live = false;
  let started = false;
  let position = 0;
  let told = 0;

  const say = (type: ViewingEventType): void => {
    if (content === null || live || (!started && type !== 'started')) return;
    told = position;
    tell({ type, content, session, at: epoch(), position, duration });
  };

  const open = (sessionId: string, src: string): void => {
    content = contentOf(src);
    session = sessionId;
    duration = null;
    live = false;
    started = false;
    position = 0;
    told = 0;
  };

  const flush = (): void => {
    if (started && position !== told) say('progress');
  };

  return {
    take(fact) {
      if (fact.type === 'sessionStart' && fact.sessionId !== session) open(fact.sessionId, fact.src);
      if (fact.type === 'manifest') {
        duration = fact.duration;
        live = fact.presentation === 'live';
      }
      if ('position' in fact && fact.type !== 'renditionChange') position = fact.position;
      if (fact.type === 'playing' && !started) {
        started = true;
        say('started');
      } else if (fact.type === 'sample' && Math.abs(position - told) >= PROGRESS) say('progress');
      else if (fact.type === 'pause') say('paused');
      else if (fact.type === 'ended') say('completed');
      else if (fact.type === 'sessionEnd' && fact.reason !== 'ended') flush();
    },
    flush,
  };
}
