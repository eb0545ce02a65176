/** Audio codecs that P.1203.2 has coefficients for; `aac` is read as `aaclc`. */
export type P1203AudioCodec = 'mp2' | 'ac3' | 'aaclc' | 'heaac';

/** Where it is watched; `mobile` and `handheld` (phone, tablet) are the same to the model. */
export type P1203Device = 'pc' | 'mobile' | 'handheld';

/** A frame as mode 1 sees it: its type (`I` or anything else) and its size in bytes. */
export interface P1203Frame {
  readonly frameType: string;
  readonly frameSize: number;
}

/** A piece of audio: `start` and `duration` in s of media, `bitrate` in kbit/s. */
export interface P1203AudioSegment {
  readonly codec: P1203AudioCodec | 'aac';
  readonly start?: number;
  readonly duration: number;
  readonly bitrate: number;
}

/**
 * A piece of video: `start` and `duration` in s of media, `resolution` and `displaySize` as "1920x1080", `bitrate` of the
 * video alone in kbit/s, `fps` in frames/s. `representation` tells renditions apart (bitrate, codec and fps do without
 * it). `frames`, if every segment has them, make it mode 1.
 */
export interface P1203VideoSegment {
  readonly codec: string;
  readonly start?: number;
  readonly duration: number;
  readonly resolution: string;
  readonly bitrate: number;
  readonly fps: number;
  readonly representation?: string | number;
  readonly displaySize?: string;
  readonly frames?: readonly P1203Frame[];
}

/**
 * What P.1203 is computed from: the fields of ITU's input report that modes 0 and 1 need. `IGen` is the display (default
 * 1920x1080, pc), `I11` audio, `I13` video, `I23` stalls as [s of media, s]; the initial delay is the stall at 0.
 */
export interface P1203Input {
  readonly IGen?: { readonly displaySize?: string; readonly device?: P1203Device };
  readonly I11?: { readonly segments?: readonly P1203AudioSegment[] };
  readonly I13: { readonly segments: readonly P1203VideoSegment[] };
  readonly I23?: { readonly stalling?: readonly (readonly [position: number, duration: number])[] };
}

const show = (value: unknown): string => {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const refuse = (path: string, expected: string, value: unknown): never => {
  throw new TypeError(`${path} must be ${expected}, got ${show(value)}`);
};

function wantPositive(path: string, value: unknown): void {
  if (!(Number.isFinite(value) && (value as number) > 0)) refuse(path, 'a number > 0', value);
}

function wantRecord(path: string, value: unknown): asserts value is Record<string, unknown> {
  if (!isRecord(value)) refuse(path, 'an object', value);
}

function wantList(path: string, value: unknown): asserts value is readonly unknown[] {
  if (!Array.isArray(value)) refuse(path, 'a list', value);
}

/**
 * Pixels of a size written as "1920x1080".
 *
 * @throws TypeError naming the field if it is not written so
 */
export function pixelsOf(path: string, size: unknown): number {
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(String(size)) ?? [];
  const pixels = Number(width) * Number(height);
  if (!(pixels > 0)) refuse(path, 'a size such as "1920x1080"', size);
  return pixels;
}

const AUDIO_CODECS: readonly string[] = ['mp2', 'ac3', 'aaclc', 'heaac', 'aac'];
const DEVICES: readonly string[] = ['pc', 'mobile', 'handheld'];

function checkAudio(path: string, segment: unknown): void {
  wantRecord(path, segment);
  const { codec } = segment;
  if (!AUDIO_CODECS.includes(codec as string)) refuse(`${path}.codec`, `one of ${AUDIO_CODECS.join(', ')}`, codec);
  wantPositive(`${path}.duration`, segment.duration);
  wantPositive(`${path}.bitrate`, segment.bitrate);
}

function checkFrame(path: string, frame: unknown): void {
  if (!isRecord(frame) || typeof frame.frameType !== 'string') refuse(path, 'a frame {frameType, frameSize}', frame);
  const { frameSize } = frame as Record<string, unknown>;
  if (!(Number.isFinite(frameSize) && (frameSize as number) >= 0)) refuse(`${path}.frameSize`, 'bytes >= 0', frameSize);
}

function checkVideo(path: string, segment: unknown): void {
  wantRecord(path, segment);
  if (segment.codec !== 'h264') refuse(`${path}.codec`, '"h264" (the standard knows no other)', segment.codec);
  wantPositive(`${path}.duration`, segment.duration);
  wantPositive(`${path}.bitrate`, segment.bitrate);
  wantPositive(`${path}.fps`, segment.fps);
  pixelsOf(`${path}.resolution`, segment.resolution);
  if (segment.displaySize !== undefined) pixelsOf(`${path}.displaySize`, segment.displaySize);
  if (segment.frames === undefined) return;
  wantList(`${path}.frames`, segment.frames);
  for (const [index, frame] of segment.frames.entries()) checkFrame(`${path}.frames[${index}]`, frame);
}

const isPair = (value: unknown): value is [number, number] =>
  Array.isArray(value) && value.length === 2 && value.every((part) => Number.isFinite(part) && part >= 0);

function wantPair(path: string, value: unknown): asserts value is [number, number] {
  if (!isPair(value)) refuse(path, '[position >= 0 s, duration >= 0 s]', value);
}

function checkStalls(stalling: unknown): void {
  wantList('I23.stalling', stalling);
  let last = -1;
  for (const [index, stall] of stalling.entries()) {
    const path = `I23.stalling[${index}]`;
    wantPair(path, stall);
    const [position] = stall;
    if (position < last) refuse(`${path}[0]`, `at or after the stall before it (${last} s)`, position);
    if (position === 0 && last === 0) refuse(`${path}[0]`, 'after 0 s: there is one initial delay', position);
    last = position;
  }
}

/**
 * Makes sure that a value of unknown origin is input that P.1203 can be computed from.
 *
 * @returns the same value
 * @throws TypeError naming the field, what was expected and what came
 */
export function checkP1203Input(value: unknown): P1203Input {
  if (!isRecord(value)) throw new TypeError(`input must be an object {IGen, I11, I13, I23}, got ${show(value)}`);
  const { IGen = {}, I11 = {}, I13, I23 = {} } = value;
  wantRecord('IGen', IGen);
  wantRecord('I11', I11);
  wantRecord('I13', I13);
  wantRecord('I23', I23);
  if (IGen.displaySize !== undefined) pixelsOf('IGen.displaySize', IGen.displaySize);
  const { device = 'pc' } = IGen;
  if (!DEVICES.includes(device as string)) refuse('IGen.device', `one of ${DEVICES.join(', ')}`, device);
  const { segments: audio = [] } = I11;
  wantList('I11.segments', audio);
  for (const [index, segment] of audio.entries()) checkAudio(`I11.segments[${index}]`, segment);
  const { segments: video } = I13;
  wantList('I13.segments', video);
  if (video.length === 0) refuse('I13.segments', 'at least one video segment', video);
  for (const [index, segment] of video.entries()) checkVideo(`I13.segments[${index}]`, segment);
  checkStalls(I23.stalling ?? []);
  return value as unknown as P1203Input;
}
