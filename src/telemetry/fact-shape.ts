import type { Fact, PlaybackEvent } from '../media/playback-event.ts';
import { ERROR_CATEGORIES } from '../media/player-error.ts';

/** Says what a value should have been, or null if it is. */
type Check = (value: unknown) => string | null;

/** What every field of a fact must be; the compiler asks for a check for each. */
type Shape<F> = { readonly [K in Exclude<keyof F, 'type' | 'at'>]-?: Check };

/** Longest text of a field: URLs are redacted and messages short, so more is no fact of ours. UTF-16 units. */
const MAX_TEXT = 4096;
/** Longest list: no presentation has more rungs or tracks, no decision more candidates. */
const MAX_ITEMS = 512;

const check =
  (expected: string, holds: (value: unknown) => boolean): Check =>
  (value) =>
    holds(value) ? null : expected;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const number = check('a finite number', (value) => Number.isFinite(value));
const amount = check('a finite number >= 0', (value) => Number.isFinite(value) && (value as number) >= 0);
const count = check('a whole number >= 0', (value) => Number.isSafeInteger(value) && (value as number) >= 0);
const flag = check('true or false', (value) => typeof value === 'boolean');
const text = check(
  `a string of at most ${MAX_TEXT} characters`,
  (value) => typeof value === 'string' && value.length <= MAX_TEXT,
);
const oneOf = (...values: readonly string[]): Check =>
  check(`one of ${values.join(', ')}`, (value) => typeof value === 'string' && values.includes(value));

const orNull =
  (inner: Check): Check =>
  (value) => {
    const fault = value === null ? null : inner(value);
    return fault === null ? null : `null or ${fault}`;
  };

const listOf =
  (inner: Check): Check =>
  (value) => {
    if (!Array.isArray(value) || value.length > MAX_ITEMS) return `a list of at most ${MAX_ITEMS}`;
    const fault = value.map(inner).find((found) => found !== null);
    return fault === undefined ? null : `a list, each ${fault}`;
  };

/** An object with these fields; the optional ones may be absent. Fields it does not name are let through. */
const object =
  (fields: Readonly<Record<string, Check>>, optional: readonly string[] = []): Check =>
  (value) => {
    if (!isRecord(value)) return 'an object';
    const fault = faultOfFields(value, fields, optional);
    return fault === null ? null : `an object in which ${fault}`;
  };

/** What came, cut short: the complaint is read by a person and must not carry the body back. */
const shown = (value: unknown): string => {
  const json = value === undefined ? 'nothing' : typeof value === 'object' && value ? 'an object' : String(value);
  return json.length > 40 ? `${json.slice(0, 40)}…` : json;
};

function faultOfFields(
  value: Readonly<Record<string, unknown>>,
  fields: Readonly<Record<string, Check>>,
  optional: readonly string[] = [],
): string | null {
  for (const [name, inner] of Object.entries(fields)) {
    const own = Object.hasOwn(value, name) ? value[name] : undefined;
    if (own === undefined && optional.includes(name)) continue;
    const expected = inner(own);
    if (expected !== null) return `${name} must be ${expected}, got ${shown(own)}`;
  }
  return null;
}

const index = orNull(count);
const track = oneOf('video', 'audio', 'muxed', 'text');
const rendition = object(
  { id: text, bitrate: amount, width: amount, height: amount, frameRate: amount, codecs: text },
  ['width', 'height', 'frameRate', 'codecs'],
);
const audioTrack = object({ id: text, label: text, language: orNull(text) });
const textTrack = object({ id: text, label: text, language: orNull(text), kind: oneOf('subtitles', 'captions') });
const segment = object({ track, rendition: index, number: orNull(number), start: number, duration: number });
const errorCode = check(
  'a known error code',
  (value) => typeof value === 'string' && Object.hasOwn(ERROR_CATEGORIES, value),
);
const errorCategory = oneOf(...new Set<string>(Object.values(ERROR_CATEGORIES)));
const element = { position: number };

/** Every fact there is, field by field, as `media/playback-event.ts` declares it. */
const SHAPES: { readonly [T in Fact['type']]: Shape<Extract<Fact, { readonly type: T }>> } = {
  sessionStart: { sessionId: text, startedAt: amount, engine: text, strategy: text, src: text },
  playbackRequest: {},
  manifest: {
    presentation: oneOf('vod', 'live'),
    duration: orNull(amount),
    ladder: listOf(rendition),
    segmentDuration: orNull(amount),
    targetLatency: orNull(amount),
    audioTracks: listOf(audioTrack),
    textTracks: listOf(textTrack),
  },
  play: element,
  pause: element,
  playing: element,
  waiting: element,
  seeking: element,
  seeked: element,
  ended: element,
  rateChange: { position: number, rate: number },
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
    status: orNull(count),
    outcome: oneOf('ok', 'failed', 'aborted'),
    fromCache: flag,
    error: orNull(errorCode),
  },
  decision: {
    trigger: oneOf('next', 'abandon', 'selection'),
    strategy: text,
    segment: object({ number: orNull(number), start: number }),
    from: index,
    index: count,
    candidates: listOf(count),
    reason: text,
    inputs: object({
      throughput: orNull(amount),
      latency: orNull(number),
      bufferLevel: number,
      bufferTarget: number,
      playbackRate: number,
    }),
  },
  buffered: { track, rendition: index, start: number, end: number, bytes: amount },
  flushed: { track, start: number, end: number },
  renditionChange: { index: count, position: number },
  selection: { index },
  cap: { source: oneOf('playerSize', 'droppedFrames', 'dataSaver', 'user'), index },
  audioTrackChange: { id: orNull(text) },
  textTrackChange: { id: orNull(text) },
  playerResize: { width: amount, height: amount },
  edge: {
    load: orNull(amount),
    peakHour: orNull(flag),
    maxBitrate: orNull(amount),
    throughput: orNull(amount),
    roundTripTime: orNull(amount),
  },
  error: {
    category: errorCategory,
    code: errorCode,
    message: text,
    fatal: flag,
    url: orNull(text),
    status: orNull(count),
  },
  recovery: { code: errorCode, action: text },
  sessionEnd: { reason: oneOf('ended', 'quit', 'failed') },
};

/**
 * What keeps a value from being a fact, in words; null if it is one. Fields that are not known are let through: a newer
 * SDK may say more. A type that is not known is a fault.
 */
export function factFault(value: unknown): string | null {
  if (!isRecord(value)) return `fact must be an object, got ${shown(value)}`;
  const { type, at } = value;
  if (typeof type !== 'string' || !Object.hasOwn(SHAPES, type)) {
    return `fact.type must be a known fact, got ${shown(type)}`;
  }
  const time = amount(at);
  if (time !== null) return `fact.at must be ${time} (s on the session clock), got ${shown(at)}`;
  const fault = faultOfFields(value, SHAPES[type as Fact['type']]);
  return fault === null ? null : `${type} fact: ${fault}`;
}

/** Whether a value is a fact that every fold can take. */
export const isFact = (value: unknown): value is PlaybackEvent => factFault(value) === null;
