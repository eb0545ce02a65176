import type { EventOf, Fact, PlaybackEvent } from '../media/playback-event.ts';
import { ERROR_CATEGORIES } from '../media/player-error.ts';

/** What a field must hold, in words, and whether a value does. */
interface Check {
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
}

type Fields = Readonly<Record<string, Check>>;

/** A check for every field that a fact has; the compiler asks for each. */
type Shape<T extends Fact['type']> = { readonly [Field in Exclude<keyof EventOf<T>, 'type' | 'at'>]-?: Check };

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const check = (expected: string, accepts: (value: unknown) => boolean): Check => ({ expected, accepts });
const text = check('text', (value) => typeof value === 'string');
const truth = check('true or false', (value) => typeof value === 'boolean');
const number = check('a number', (value) => Number.isFinite(value));
const amount = check('a number >= 0', (value) => Number.isFinite(value) && (value as number) >= 0);
const positive = check('a number > 0', (value) => Number.isFinite(value) && (value as number) > 0);
const count = check('a whole number >= 0', (value) => Number.isSafeInteger(value) && (value as number) >= 0);
const oneOf = (...words: readonly string[]): Check =>
  check(`one of ${words.join(', ')}`, (value) => typeof value === 'string' && words.includes(value));
const orNull = ({ expected, accepts }: Check): Check =>
  check(`${expected}, or null`, (value) => value === null || accepts(value));
const optional = ({ expected, accepts }: Check): Check =>
  check(`${expected}, or nothing`, (value) => value === undefined || accepts(value));

/** The first field that is not as it should be: its path and what was expected there. */
function fault(value: Record<string, unknown>, fields: Fields): { path: string; expected: string } | null {
  for (const [name, { expected, accepts }] of Object.entries(fields)) {
    if (!accepts(Object.hasOwn(value, name) ? value[name] : undefined)) return { path: name, expected };
  }
  return null;
}

const record = (expected: string, fields: Fields): Check =>
  check(expected, (value) => isRecord(value) && fault(value, fields) === null);
const list = (of: Check, most: number, what: string): Check =>
  check(
    `a list of at most ${most} ${what}`,
    (value) => Array.isArray(value) && value.length <= most && value.every(of.accepts),
  );

/** Renditions, tracks or candidates of one presentation: far more than there ever are. */
const MOST = 1000;
const code = check(
  'a known error code',
  (value) => typeof value === 'string' && Object.hasOwn(ERROR_CATEGORIES, value),
);
const category = oneOf(...new Set<string>(Object.values(ERROR_CATEGORIES)));
const track = oneOf('video', 'audio', 'muxed', 'text');
const index = count;

const rendition = record('a rendition', {
  id: text,
  bitrate: positive,
  width: optional(positive),
  height: optional(positive),
  frameRate: optional(positive),
  codecs: optional(text),
});
const ladder = check(
  `a list of at most ${MOST} renditions {id, bitrate > 0, …} ascending by bitrate`,
  (value) =>
    list(rendition, MOST, 'renditions').accepts(value) &&
    (value as { bitrate: number }[]).every(({ bitrate }, at, all) => bitrate >= (all[at - 1]?.bitrate ?? 0)),
);
const audioTrack = record('an audio track', { id: text, label: text, language: orNull(text) });
const textTrack = record('a text track', {
  id: text,
  label: text,
  language: orNull(text),
  kind: oneOf('subtitles', 'captions'),
});
const segment = record('a segment {track, rendition, number, start, duration}', {
  track,
  rendition: orNull(index),
  number: orNull(number),
  start: number,
  duration: number,
});
const decided = record('{number, start} of a segment', { number: orNull(number), start: number });
const inputs = record(
  '{throughput, latency, bufferLevel, bufferTarget, playbackRate}, numbers (the first two may be null)',
  {
    throughput: orNull(number),
    latency: orNull(number),
    bufferLevel: number,
    bufferTarget: number,
    playbackRate: number,
  },
);

const element = { position: number };
const trackChange = { id: orNull(text) };

/** What each type of fact must hold besides `type` and `at`; fields that are not named here are let through. */
const FACTS: { readonly [T in Fact['type']]: Shape<T> } = {
  sessionStart: { sessionId: text, startedAt: number, engine: text, strategy: text, src: text },
  playbackRequest: {},
  manifest: {
    presentation: oneOf('vod', 'live'),
    duration: orNull(amount),
    ladder,
    segmentDuration: orNull(amount),
    targetLatency: orNull(amount),
    audioTracks: list(audioTrack, MOST, 'audio tracks {id, label, language}'),
    textTracks: list(textTrack, MOST, 'text tracks {id, label, language, kind}'),
  },
  play: element,
  pause: element,
  playing: element,
  waiting: element,
  seeking: element,
  seeked: element,
  ended: element,
  rateChange: { position: number, rate: amount },
  sample: {
    position: number,
    bufferLevel: number,
    droppedFrames: amount,
    totalFrames: amount,
    latency: orNull(number),
  },
  request: {
    id: count,
    attempt: count,
    kind: oneOf('manifest', 'playlist', 'init', 'segment', 'subtitle', 'key', 'licence', 'other'),
    url: text,
    segment: orNull(segment),
    start: number,
    firstByte: orNull(number),
    bytes: amount,
    linkBytes: optional(amount),
    status: orNull(count),
    outcome: oneOf('ok', 'failed', 'aborted'),
    fromCache: truth,
    error: orNull(code),
  },
  decision: {
    trigger: oneOf('next', 'abandon', 'selection'),
    strategy: text,
    segment: decided,
    from: orNull(index),
    index,
    candidates: list(index, MOST, 'indices'),
    reason: text,
    inputs,
  },
  buffered: { track, rendition: orNull(index), start: number, end: number, bytes: amount },
  flushed: { track, start: number, end: number },
  renditionChange: { index, position: number },
  selection: { index: orNull(index) },
  cap: { source: oneOf('playerSize', 'droppedFrames', 'dataSaver', 'user'), index: orNull(index) },
  audioTrackChange: trackChange,
  textTrackChange: trackChange,
  playerResize: { width: amount, height: amount },
  edge: {
    load: orNull(amount),
    peakHour: orNull(truth),
    maxBitrate: orNull(amount),
    throughput: orNull(amount),
    roundTripTime: orNull(amount),
  },
  error: { category, code, message: text, fatal: truth, url: orNull(text), status: orNull(count) },
  recovery: { code, action: text },
  sessionEnd: { reason: oneOf('ended', 'quit', 'failed') },
};

const TIME: Fields = { at: amount };

/** A value as it may be shown in a message: short, whatever it is. */
export function excerpt(value: unknown): string {
  const shown = value === undefined ? 'nothing' : JSON.stringify(value);
  return shown.length > 60 ? `${shown.slice(0, 60)}…` : shown;
}

/**
 * Makes sure that a value of unknown origin is a fact with a time, so that no fold can trip over it.
 *
 * @param value anything that JSON can hold
 * @returns the same value
 * @throws TypeError naming the field, what was expected and what came
 */
export function checkFact(value: unknown): PlaybackEvent {
  if (!isRecord(value)) throw new TypeError(`a fact must be a JSON object, got ${excerpt(value)}`);
  const { type } = value;
  if (typeof type !== 'string' || !Object.hasOwn(FACTS, type)) {
    throw new TypeError(`type must be a known fact, got ${excerpt(type)}`);
  }
  const fields: Fields = FACTS[type as Fact['type']];
  const wrong = fault(value, TIME) ?? fault(value, fields);
  if (wrong !== null) {
    const { path, expected } = wrong;
    const came = excerpt(Object.hasOwn(value, path) ? value[path] : undefined);
    throw new TypeError(`${type}.${path} must be ${expected}, got ${came}`);
  }
  return value as unknown as PlaybackEvent;
}
