import type { PlaybackEvent } from '../media/playback-event.ts';
import { checkFact } from '../session/fact-schema.ts';

/*
 * The wire contract between the SDK's beacons and the collector.
 *
 *   POST {endpoint}?key={write key}
 *   content-type: application/x-ndjson          fetch; content-encoding: gzip when it is worth it
 *   content-type: text/plain;charset=UTF-8      exit path (sendBeacon, keepalive): never compressed, no preflight
 *
 *   {"sid":"5b0e…","seq":0,"fact":{"type":"sessionStart","at":0,…},"rate":0.1,"tags":{"ab.start":"low"}}
 *   {"sid":"5b0e…","seq":1,"fact":{"type":"playbackRequest","at":0.02}}
 *   {"sid":"5b0e…","lost":[[7,7],[9,12]],"reason":"memory"}
 *
 * A line is a fact, or says that some never come. `seq` counts from 0 in each session, without gaps when recorded, so a
 * collector knows exactly what it lacks: every seq up to the highest is stored, told lost, or on its way. Lines may
 * come in any order, in any body, and more than once: (sid, seq) is the key, the first to come wins, and a fact that
 * comes after it was told lost was not lost.
 *
 *   204  stored, or held already            410  stop: nothing more until the next page
 *   400  {"error","lines"}: see Refusal     413  split: each half comes again
 *   401  the key is wrong: kept, asked again much later       429, 503  later, and not before Retry-After
 */

/** Content type of a body sent by `fetch`. */
export const BEACON_CONTENT_TYPE = 'application/x-ndjson';
/** Content type of a body sent at exit: safelisted by CORS, so that no preflight has to outlive the page. */
export const BEACON_EXIT_CONTENT_TYPE = 'text/plain;charset=UTF-8';

/** UTF-16 units of the longest line: the longest real one, a manifest with a large ladder, is a fifth of it. */
export const MAX_LINE_LENGTH = 65_536;
/** Values within values of a line, itself counted: a manifest, the deepest of real facts, has 4. What reads or writes JSON by recursion stays far from the end of its stack. */
export const MAX_DEPTH = 32;
/** Longest session id, UTF-16 units. */
export const MAX_SID_LENGTH = 128;
/** Most tags of a session. */
export const MAX_TAGS = 16;
const MAX_TAG_LENGTH = 128;
/** Most ranges in one loss line. */
export const MAX_LOST_RANGES = 500;

/**
 * A fact on the wire. `seq` is its number within its session, from 0 without gaps. On the first line of a session only:
 * `rate`, the share of sessions that are recorded (0…1, absent is 1: a session stands for 1/rate of them, one with a fatal
 * error for itself if failed ones are always kept); `tags`, names the app gave it, A/B variants among them
 * (`ab.<experiment>`: the exposure).
 */
export interface BeaconLine {
  readonly sid: string;
  readonly seq: number;
  readonly fact: PlaybackEvent;
  readonly rate?: number;
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * Why facts never come: `memory` and `store` are the caps on what waits, `age` is what waited too long, `size` is a line
 * no collector takes, `refused` is what the collector called malformed, `redaction` is the app's own hook failing.
 */
export type LossReason = 'memory' | 'store' | 'age' | 'size' | 'refused' | 'redaction';

const LOSS_REASONS: readonly string[] = [
  'memory',
  'store',
  'age',
  'size',
  'refused',
  'redaction',
] satisfies LossReason[];

/**
 * Facts of a session that are not to be expected any more: `lost` are ranges of seq, first and last included. May be told more than
 * once; a fact that comes all the same is stored and was not lost.
 */
export interface LossLine {
  readonly sid: string;
  readonly lost: readonly (readonly [first: number, last: number])[];
  readonly reason: LossReason;
}

/** The JSON body of a 400: `error` for a person, `lines` the numbers (from 1) of the lines that are not taken; nothing of the body was stored. */
export interface Refusal {
  readonly error: string;
  readonly lines: readonly number[];
}

/** What a body says, and what of it cannot be taken; `line` counts from 1. A body is stored only if `faults` is empty. */
export interface ParsedBeacon {
  readonly facts: readonly BeaconLine[];
  readonly losses: readonly LossLine[];
  readonly faults: readonly { readonly line: number; readonly error: string }[];
}

/** A line without its LF. */
export function encodeBeaconLine(line: BeaconLine | LossLine): string {
  return JSON.stringify(line);
}

/** A body of encoded lines, each ended by LF. */
export function beaconBody(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSeq = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Whether a text can name a session on the wire: 1…128 characters, no control character and no half of a surrogate pair among them. */
export function isSessionId(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_SID_LENGTH && /^[^\p{Cc}\p{Cs}]+$/u.test(value);
}

/** Whether values lie within values deeper than `most`. */
function isDeeper(value: unknown, most: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (most === 0) return true;
  for (const inner of Object.values(value)) if (isDeeper(inner, most - 1)) return true;
  return false;
}

/** Whether a text has more than `most` of a character. */
function hasMore(text: string, character: string, most: number): boolean {
  let count = 0;
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) {
    count += 1;
    if (count > most) return true;
  }
  return false;
}

/** Whether the value of a line is nested too deep. Nearly all lines have too few brackets for that, which is quickly seen. */
const isTooDeep = (text: string, value: unknown): boolean =>
  (hasMore(text, '{', MAX_DEPTH / 2) || hasMore(text, '[', MAX_DEPTH / 2)) && isDeeper(value, MAX_DEPTH);

function factFault(fact: unknown): string | null {
  try {
    checkFact(fact);
    return null;
  } catch (fault) {
    return (fault as Error).message;
  }
}

/** What keeps a value from being the tags of a session, in words; null if it can be. */
export function tagsFault(tags: unknown): string | null {
  if (!isObject(tags) || Object.keys(tags).length > MAX_TAGS) return `tags must be an object of at most ${MAX_TAGS}`;
  const bad = Object.entries(tags).find(
    ([name, value]) =>
      name === '' || name.length > MAX_TAG_LENGTH || typeof value !== 'string' || value.length > MAX_TAG_LENGTH,
  );
  return bad === undefined ? null : `tags must be names and strings of at most ${MAX_TAG_LENGTH} characters`;
}

function factLineFault({ seq, fact, rate, tags }: Readonly<Record<string, unknown>>): string | null {
  if (!isSeq(seq)) return 'seq must be a whole number >= 0';
  if (rate !== undefined && !(typeof rate === 'number' && rate > 0 && rate <= 1))
    return 'rate must be over 0 and at most 1';
  return (tags === undefined ? null : tagsFault(tags)) ?? factFault(fact);
}

function lossLineFault({ lost, reason }: Readonly<Record<string, unknown>>): string | null {
  if (typeof reason !== 'string' || !LOSS_REASONS.includes(reason))
    return `reason must be one of ${LOSS_REASONS.join(', ')}`;
  const ranges = Array.isArray(lost) && lost.length > 0 && lost.length <= MAX_LOST_RANGES ? lost : null;
  const whole = ranges?.every(
    (range) => Array.isArray(range) && range.length === 2 && isSeq(range[0]) && isSeq(range[1]) && range[0] <= range[1],
  );
  return whole ? null : `lost must be 1 to ${MAX_LOST_RANGES} ranges [first, last] of seq`;
}

/** A line as it is, or what is wrong with it. */
function parseLine(text: string): BeaconLine | LossLine | string {
  if (text.length > MAX_LINE_LENGTH) return `longer than ${MAX_LINE_LENGTH} characters`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'not JSON';
  }
  if (!isObject(value)) return 'not a JSON object';
  if (isTooDeep(text, value)) return `nested deeper than ${MAX_DEPTH}`;
  if (!isSessionId(value.sid))
    return `sid must be a string of 1 to ${MAX_SID_LENGTH} characters without control characters`;
  const { sid, seq, rate, tags } = value;
  if (Object.hasOwn(value, 'lost')) {
    return lossLineFault(value) ?? { sid, lost: value.lost as LossLine['lost'], reason: value.reason as LossReason };
  }
  return (
    factLineFault(value) ?? {
      sid,
      seq: seq as number,
      fact: value.fact as PlaybackEvent,
      ...(rate === undefined ? {} : { rate: rate as number }),
      ...(tags === undefined ? {} : { tags: tags as Readonly<Record<string, string>> }),
    }
  );
}

/**
 * Reads a body, whoever sent it: never throws, whatever the text. Empty lines are skipped. Facts are checked field by
 * field, so that any fold can take them; strings in them are as they came and hostile until escaped.
 */
export function parseBeacon(body: string): ParsedBeacon {
  const facts: BeaconLine[] = [];
  const losses: LossLine[] = [];
  const faults: { line: number; error: string }[] = [];
  for (const [index, text] of body.split('\n').entries()) {
    if (text.trim() === '') continue;
    const parsed = parseLine(text);
    if (typeof parsed === 'string') faults.push({ line: index + 1, error: parsed });
    else if ('lost' in parsed) losses.push(parsed);
    else facts.push(parsed);
  }
  return { facts, losses, faults };
}

/** The answer to a body with faults. */
export function refusalOf(faults: ParsedBeacon['faults']): Refusal {
  const [first] = faults;
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  return {
    error: first === undefined ? 'no facts' : `line ${first.line}: ${first.error}${more}`,
    lines: faults.map(({ line }) => line),
  };
}

/** Reads the body of a 400; null when it does not name lines, so the whole body is refused. */
export function parseRefusal(text: string): Refusal | null {
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value) || !Array.isArray(value.lines) || value.lines.length === 0) return null;
    const lines = value.lines.filter((line) => Number.isSafeInteger(line) && line >= 1);
    return { error: String(value.error ?? ''), lines };
  } catch {
    return null;
  }
}
