import type { PlaybackEvent } from '../media/playback-event.ts';

/** The facts of one session, in order. Append-only. */
export interface EventLog {
  append(event: PlaybackEvent): void;
  readonly events: readonly PlaybackEvent[];
  /** Facts left out because the limit was reached. A log that has dropped facts cannot be replayed to the same timeline. */
  readonly dropped: number;
}

/** Facts that a full log can do without, first to go first: they refine a curve or explain a choice. */
const EXPENDABLE: readonly (readonly PlaybackEvent['type'][])[] = [['sample'], ['decision'], ['request', 'buffered']];
/** Facts that are never dropped: without them nothing else has a meaning. */
const ESSENTIAL: readonly PlaybackEvent['type'][] = ['sessionStart', 'playbackRequest', 'manifest'];

/** Keeps what passes and at least the rest of `goal`, the oldest dropped; in place, in order. Returns how many went. */
function thin(events: PlaybackEvent[], goal: number, mayGo: (event: PlaybackEvent) => boolean): number {
  let kept = 0;
  let dropped = 0;
  for (const event of events) {
    if (dropped < goal && mayGo(event)) {
      dropped += 1;
      continue;
    }
    events[kept] = event;
    kept += 1;
  }
  events.length = kept;
  return dropped;
}

/**
 * A log in memory of at most `limit` facts. When it is full a sixteenth of it goes at once (so that a fact costs the same
 * however long the session lasts): the oldest samples, then decisions, then requests and buffered media, then whatever
 * is oldest but the first facts that say what the session is; `dropped` counts them.
 *
 * @param limit default 200 000: about a day of playback
 * @throws RangeError if limit is not a whole number > 1
 */
export function createEventLog(limit = 200_000): EventLog {
  if (!(Number.isInteger(limit) && limit > 1)) throw new RangeError(`limit must be a whole number > 1, got ${limit}`);
  const events: PlaybackEvent[] = [];
  let dropped = 0;
  const makeRoom = (): void => {
    const goal = Math.ceil(limit / 16);
    let gone = 0;
    for (const types of EXPENDABLE) gone += thin(events, goal - gone, ({ type }) => types.includes(type));
    gone += thin(events, goal - gone, ({ type }) => !ESSENTIAL.includes(type));
    // A log of nothing but essentials is no session's; the bound holds all the same.
    if (gone === 0) gone = events.splice(1, goal).length;
    dropped += gone;
  };
  return {
    events,
    get dropped() {
      return dropped;
    },
    append(event) {
      if (events.length >= limit) makeRoom();
      events.push(event);
    },
  };
}

/** Facts as NDJSON: one JSON object a line, each line ended by LF. */
export function toNdjson(events: readonly PlaybackEvent[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('');
}
