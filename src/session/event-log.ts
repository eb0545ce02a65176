import type { PlaybackEvent } from '../media/playback-event.ts';
import { ERROR_CATEGORIES } from '../media/player-error.ts';

/** The facts of one session, in order. Append-only. */
export interface EventLog {
  append(event: PlaybackEvent): void;
  readonly events: readonly PlaybackEvent[];
  /** Facts left out because the limit was reached; the oldest `sample` facts go first. */
  readonly dropped: number;
}

/**
 * A log in memory of at most `limit` facts. When it is full the oldest sample fact goes (they only refine a curve), and if
 * there is none the oldest fact but the first; `dropped` counts them.
 *
 * @param limit default 200 000: about a day of playback
 * @throws RangeError if limit is not a whole number > 1
 */
export function createEventLog(limit = 200_000): EventLog {
  if (!(Number.isInteger(limit) && limit > 1)) throw new RangeError(`limit must be a whole number > 1, got ${limit}`);
  const events: PlaybackEvent[] = [];
  let dropped = 0;
  return {
    events,
    get dropped() {
      return dropped;
    },
    append(event) {
      if (events.length >= limit) {
        const sample = events.findIndex(({ type }) => type === 'sample');
        events.splice(Math.max(sample, 1), 1);
        dropped += 1;
      }
      events.push(event);
    },
  };
}

/** Facts as NDJSON: one JSON object a line, each line ended by LF. */
export function toNdjson(events: readonly PlaybackEvent[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('');
}

const TYPES: Readonly<Record<PlaybackEvent['type'], readonly string[]>> = {
  sessionStart: ['sessionId', 'startedAt', 'engine', 'strategy', 'src'],
  playbackRequest: [],
  manifest: ['presentation', 'duration', 'ladder'],
  play: ['position'],
  pause: ['position'],
  playing: ['position'],
  waiting: ['position'],
  seeking: ['position'],
  seeked: ['position'],
  ended: ['position'],
  rateChange: ['position', 'rate'],
  sample: ['position', 'bufferLevel'],
  request: ['id', 'kind', 'url', 'start', 'bytes', 'outcome'],
  decision: ['index', 'reason', 'candidates', 'inputs'],
  buffered: ['track', 'rendition', 'start', 'end', 'bytes'],
  flushed: ['track', 'start', 'end'],
  renditionChange: ['index', 'position'],
  selection: ['index'],
  cap: ['source', 'index'],
  audioTrackChange: ['id'],
  textTrackChange: ['id'],
  edge: [],
  error: ['category', 'code', 'message', 'fatal'],
  recovery: ['code', 'action'],
  sessionEnd: ['reason'],
};

function parseEvent(line: string, number: number): PlaybackEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new SyntaxError(`line ${number} is not JSON: ${line.slice(0, 60)}`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`line ${number} must be a JSON object, got ${line.slice(0, 60)}`);
  }
  const { type, at } = value as { type?: unknown; at?: unknown };
  const required = typeof type === 'string' && Object.hasOwn(TYPES, type) ? TYPES[type as PlaybackEvent['type']] : null;
  if (required === null) throw new TypeError(`line ${number}: type must be a known fact, got ${JSON.stringify(type)}`);
  if (typeof at !== 'number' || !Number.isFinite(at)) {
    throw new TypeError(`line ${number}: at must be a number of seconds, got ${JSON.stringify(at)}`);
  }
  for (const field of required) {
    if (!Object.hasOwn(value, field)) throw new TypeError(`line ${number}: a ${type} fact must have ${field}`);
  }
  if (type === 'error' && !Object.hasOwn(ERROR_CATEGORIES, String((value as { code?: unknown }).code))) {
    throw new TypeError(
      `line ${number}: code must be a known error code, got ${JSON.stringify((value as { code?: unknown }).code)}`,
    );
  }
  return value as PlaybackEvent;
}

/**
 * Reads what {@link toNdjson} wrote. Empty lines are skipped.
 *
 * @throws SyntaxError or TypeError naming the line and what is wrong with it
 * @throws RangeError if time runs backwards from one line to the next
 */
export function parseNdjson(text: string): PlaybackEvent[] {
  const events: PlaybackEvent[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const event = parseEvent(line, index + 1);
    const last = events.at(-1);
    if (last && event.at < last.at) {
      throw new RangeError(`line ${index + 1}: at must not be before the line above (${last.at} s), got ${event.at} s`);
    }
    events.push(event);
  }
  return events;
}
