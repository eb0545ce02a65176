import type { Rendition } from '../media/rendition.ts';
import { startupTimeOf } from '../session/session-metrics.ts';
import type { ShownMedia } from '../session/shown-media.ts';
import type { Interval, Timeline } from '../session/timeline.ts';
import { AudioModule } from './p1203/audio.ts';
import type { Forest } from './p1203/forest.ts';
import {
  type P1203AudioCodec,
  type P1203AudioSegment,
  type P1203Device,
  type P1203VideoSegment,
  pixelsOf,
} from './p1203/input.ts';
import { type Integration, integrate, type P1203Stall } from './p1203/integration.ts';
import { VideoModule } from './p1203/video.ts';
import type { QoeScore, QoeScorer } from './qoe-scorer.ts';

/** Options of {@link p1203}. */
export interface P1203Options {
  /** The standard's random forest ({@link parseForestCsv}); without it there is no O46. Default none. */
  readonly forest?: Forest | null;
  /** What it is watched on. Default `pc`. */
  readonly device?: P1203Device;
  /** Size of the picture on screen where the session does not tell it, pixels as "1920x1080" (the default). */
  readonly displaySize?: string;
  /**
   * s of media that are scored: the last of them. The standard was validated for one to five minutes. Default 300;
   * Infinity takes the whole session, and then memory and cost grow with it by one number a second.
   */
  readonly window?: number;
  /** Bitrate of audio where it is not known apart from the picture, kbit/s. Default 128. */
  readonly audioBitrateKbps?: number;
  /** Amendment 1, both parts. Default false. */
  readonly amendment1?: boolean;
  /** Appendix 2. Default false. */
  readonly appendix2?: boolean;
}

type Settings = Required<P1203Options>;

const NOTES = {
  forest:
    'without the random forest of ITU-T P.1203.3 this is what its formulae alone say, not a P.1203 score: 0.15 off on average, 0.7 at worst',
  codec: 'P.1203 knows H.264 only: other codecs are scored as if they were that',
  frameRate: 'no frame rate declared: 25 assumed',
  bytes: 'bytes of the picture not known: declared bitrates taken',
  audio: 'bitrate of the audio not known apart from the picture: an assumed one taken',
  size: 'a rendition declares no size: its media is left out',
} as const;

function audioCodecOf(codecs = 'mp4a.40.2'): P1203AudioCodec | null {
  if (/\b(ac-3|ec-3)\b/i.test(codecs)) return 'ac3';
  if (/\bmp4a\.(40\.(5|29)|67)\b/i.test(codecs)) return 'heaac';
  if (/\bmp4a\.(40\.3[34]|69|6b)\b/i.test(codecs)) return 'mp2';
  return /\b(mp4a|opus|flac)/i.test(codecs) ? 'aaclc' : null;
}

const isH264 = (codecs = 'avc1'): boolean => /\bavc[1-4]\b/i.test(codecs);
const sizeOf = (width: number, height: number): string =>
  `${Math.min(Math.round(width), 99_999)}x${Math.min(Math.round(height), 99_999)}`;

/** Seconds of audio and video quality, the first of them being second `from` of the session, from 0. */
interface Seconds {
  readonly O21: readonly number[];
  readonly O22: readonly number[];
  readonly from: number;
}

/** Windows that are over, one after the other without overlap, and their scores. */
interface Windows {
  readonly count: number;
  readonly sum: number;
  readonly worst: number;
}

/** s of a stretch that can be told apart in a window: more of the same changes nothing in it. */
const longest = (window: number): number => Math.min(window, 3600) + 60;

/** s by which floating point may miss a whole frame: a session's times come from a clock, not from a report. */
const ROUNDING = 1e-6;

/** What was computed of the stretches of media that are over; a stretch at a time, in bounded memory. */
class Progress {
  readonly #settings: Settings;
  #video: VideoModule;
  #audio = new AudioModule();
  #O21: number[] = [];
  #O22: number[] = [];
  #from = 0;
  /** s of media left over when stretches were cut into whole frames. */
  #videoRest = 0;
  #audioRest = 0;
  #hasSound: boolean | null = null;
  windows: Windows = { count: 0, sum: 0, worst: Number.POSITIVE_INFINITY };
  notes: ReadonlySet<string> = new Set();
  /** Stretches that went in. */
  consumed = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
    const { device, displaySize } = settings;
    this.#video = new VideoModule({ mode: 0, device, displaySize });
  }

  copy(): Progress {
    const twin = new Progress(this.#settings);
    twin.#video = this.#video.copy();
    twin.#audio = this.#audio.copy();
    twin.#O21 = this.#O21.slice();
    twin.#O22 = this.#O22.slice();
    twin.#from = this.#from;
    twin.#videoRest = this.#videoRest;
    twin.#audioRest = this.#audioRest;
    twin.#hasSound = this.#hasSound;
    twin.windows = this.windows;
    twin.notes = this.notes;
    twin.consumed = this.consumed;
    return twin;
  }

  /** Takes in one more stretch of the session. */
  add(media: ShownMedia, timeline: Timeline): void {
    this.consumed += 1;
    const rendition = timeline.ladder[media.rendition ?? -1];
    if (rendition === undefined || !(rendition.width && rendition.height)) {
      this.#note('size');
      return;
    }
    this.#hasSound ??=
      media.soundBitrate !== null || timeline.ladder.some(({ codecs }) => audioCodecOf(codecs) !== null);
    this.#addVideo(media, rendition);
    if (this.#hasSound) this.#addAudio(media, rendition);
    this.#closeWindows(timeline);
  }

  /** Scores the seconds that are left. Nothing can be added afterwards. */
  finish(): Seconds {
    this.#video.finish((score) => this.#O22.push(score));
    this.#audio.finish((score) => this.#O21.push(score));
    return { O21: this.#O21, O22: this.#O22, from: this.#from };
  }

  #note(what: keyof typeof NOTES): void {
    if (!this.notes.has(what)) this.notes = new Set([...this.notes, what]);
  }

  #addVideo(media: ShownMedia, { id, bitrate, width = 0, height = 0, frameRate, codecs }: Rendition): void {
    const { audioBitrateKbps, window } = this.#settings;
    const { playerSize } = media;
    const all = (media.bitrate ?? bitrate) / 1000;
    const holdsSound = this.#hasSound === true && (media.muxed || media.bitrate === null);
    const fps = frameRate !== undefined && frameRate > 0 ? frameRate : 25;
    const duration = Math.min(media.duration, longest(window)) + this.#videoRest + ROUNDING;
    if (frameRate === undefined) this.#note('frameRate');
    if (media.bitrate === null) this.#note('bytes');
    if (!isH264(codecs)) this.#note('codec');
    const segment: P1203VideoSegment = {
      codec: 'h264',
      duration,
      resolution: sizeOf(width, height),
      // The picture's share; where the sound's is a guess, at least a tenth.
      bitrate: holdsSound ? Math.max(all - (media.soundBitrate ?? audioBitrateKbps * 1000) / 1000, all / 10) : all,
      fps,
      representation: id,
      ...(playerSize !== null && playerSize.width >= 1 && playerSize.height >= 1
        ? { displaySize: sizeOf(playerSize.width, playerSize.height) }
        : {}),
    };
    this.#video.add(segment, (score) => this.#O22.push(score), duration);
    const rate = Math.min(fps, 120);
    this.#videoRest = duration - Math.trunc(duration * rate) / rate - ROUNDING;
  }

  #addAudio({ duration: own, soundBitrate }: ShownMedia, { codecs }: Rendition): void {
    const { audioBitrateKbps, window } = this.#settings;
    const duration = Math.min(own, longest(window)) + this.#audioRest + ROUNDING;
    if (soundBitrate === null) this.#note('audio');
    const bitrate = soundBitrate === null ? audioBitrateKbps : soundBitrate / 1000;
    const segment: P1203AudioSegment = { codec: audioCodecOf(codecs) ?? 'aaclc', duration, bitrate };
    this.#audio.add(segment, (score) => this.#O21.push(score), duration);
    this.#audioRest = duration - Math.trunc(duration * 100) / 100 - ROUNDING;
  }

  /** Scores the windows that are full, then forgets what no window needs any more. */
  #closeWindows(timeline: Timeline): void {
    const { window } = this.#settings;
    if (!Number.isFinite(window)) return;
    const seconds = (): number =>
      this.#from + Math.min(this.#O22.length, this.#hasSound ? this.#O21.length : Number.POSITIVE_INFINITY);
    while (seconds() >= (this.windows.count + 1) * window) {
      const { count, sum, worst } = this.windows;
      const all = { O21: this.#O21, O22: this.#O22, from: this.#from };
      const score = overall(integrateSeconds(all, count * window, window, timeline, this.#settings));
      this.windows = { count: count + 1, sum: sum + score, worst: Math.min(worst, score) };
    }
    const needed = Math.min(seconds() - window - 20, this.windows.count * window) - this.#from;
    if (needed < window) return;
    this.#O21 = this.#O21.slice(needed);
    this.#O22 = this.#O22.slice(needed);
    this.#from += needed;
  }
}

/** The stalls of a session that lie in a window of media, by their place in it; the first is the initial delay. */
function stallsIn(timeline: Timeline, start: number, length: number): P1203Stall[] {
  let initial = start === 0 ? (startupTimeOf(timeline) ?? 0) : 0;
  const within: P1203Stall[] = [];
  const add = (played: number, duration: number): void => {
    const position = played - start;
    if (position === 0) initial += duration;
    else if (position > 0 && position <= length) within.push([position, duration]);
  };
  const { stalls, stall, at } = timeline;
  let first = stalls.length;
  while (first > 0 && (stalls.at(first - 1)?.played ?? 0) >= start) first -= 1;
  for (let index = first; index < stalls.length; index += 1) {
    const { played, start: from, end } = stalls.at(index) as Interval;
    add(played, (end ?? at) - from);
  }
  if (stall !== null) add(stall.played, at - stall.start);
  return [[0, initial], ...within];
}

function integrateSeconds(
  { O21, O22, from }: Seconds,
  start: number,
  length: number,
  timeline: Timeline,
  { forest, amendment1, appendix2 }: Settings,
): Integration {
  const within = (scores: readonly number[]): readonly number[] => scores.slice(start - from, start - from + length);
  return integrate(within(O21), within(O22), stallsIn(timeline, start, length), {
    forest,
    appendix2,
    amendment1Audiovisual: amendment1,
    amendment1Stalling: amendment1,
  });
}

const overall = ({ O46, partial }: Integration): number => O46 ?? partial;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** What one session's scores were made from last time, so that only what is new costs anything. */
interface Memory {
  readonly progress: Progress;
  readonly of: { readonly showing: ShownMedia | null; readonly stalls: number; readonly ended: boolean };
  readonly score: QoeScore;
}

function termsOf(result: Integration, seconds: { O21: readonly number[]; O22: readonly number[] }, windows: Windows) {
  return {
    O23: result.O23,
    O35: result.O35,
    video: mean(seconds.O22),
    ...(seconds.O21.length > 0 ? { audio: mean(seconds.O21) } : {}),
    base: result.base,
    negativeBias: result.negativeBias,
    oscillation: result.oscillation,
    adaptation: result.adaptation,
    stalling: result.stalling,
    partial: result.partial,
    ...(result.forest === null ? {} : { forest: result.forest }),
    seconds: result.O34.length,
    ...(windows.count > 0
      ? { windows: windows.count, windowMean: windows.sum / windows.count, windowWorst: windows.worst }
      : {}),
  };
}

function scoreEnd(progress: Progress, timeline: Timeline, settings: Settings): QoeScore {
  const end = progress.copy();
  if (timeline.showing !== null) end.add(timeline.showing, timeline);
  const all = end.finish();
  const { O21, O22, from } = all;
  const count = from + (O21.length > 0 ? Math.min(O21.length, O22.length) : O22.length);
  const length = Math.min(settings.window, count);
  const start = count - length;
  const notes = [...end.notes].map((note) => NOTES[note as keyof typeof NOTES]);
  if (length < 1) return { value: null, terms: {}, ...(notes.length > 0 ? { notes } : {}) };
  const result = integrateSeconds(all, start, length, timeline, settings);
  const seconds = {
    O21: O21.slice(start - from, start - from + length),
    O22: O22.slice(start - from, start - from + length),
  };
  if (settings.forest === null) notes.unshift(NOTES.forest);
  return {
    value: overall(result),
    terms: termsOf(result, seconds, end.windows),
    ...(timeline.ended === null ? { provisional: true } : {}),
    ...(notes.length > 0 ? { notes } : {}),
  };
}

/**
 * ITU-T P.1203 mode 0 of a session as it was shown: overall quality as a MOS, 1 (bad) … 5 (excellent), of its last
 * `window` seconds of media. Bitrates are those of the bytes that were fetched where they are known; start-up is the
 * initial delay; seeks and pauses are not there, as media is counted as it was shown.
 *
 * `terms` are the standard's own outputs (O23 stalling, O35 audiovisual, mean O22 `video` and O21 `audio`, what O35 is
 * made of, s of weighted `stalling`, `seconds` scored); with a session longer than the window also the mean and the
 * worst of the windows that are over. While the session goes on the value is provisional: it is scored as if it ended now.
 *
 * Without the random forest (yours to bring, see {@link parseForestCsv}) there is no O46: the scorer is then named
 * `p1203-partial`, and its value is what the formulae alone say.
 *
 * @throws RangeError if window is less than 10 s, or audioBitrateKbps is not positive
 * @see ITU-T P.1203.1 to P.1203.3; {@link scoreP1203} takes the standard's own input
 */
export function p1203(options: P1203Options = {}): QoeScorer {
  const settings: Settings = {
    forest: null,
    device: 'pc',
    displaySize: '1920x1080',
    window: 300,
    audioBitrateKbps: 128,
    amendment1: false,
    appendix2: false,
    ...options,
  };
  const { window, audioBitrateKbps } = settings;
  pixelsOf('displaySize', settings.displaySize);
  if (!(window >= 10 && (Number.isInteger(window) || window === Number.POSITIVE_INFINITY))) {
    throw new RangeError(`window must be a whole number of s >= 10, or Infinity, got ${window}`);
  }
  if (!(audioBitrateKbps > 0)) throw new RangeError(`audioBitrateKbps must be > 0, got ${audioBitrateKbps}`);
  const memories = new WeakMap<object, Memory>();

  const score = (timeline: Timeline): QoeScore => {
    const { shown, showing, stalls, stall, ended } = timeline;
    const known = memories.get(shown.root);
    const of = { showing, stalls: stalls.length, ended: ended !== null };
    const usable = known !== undefined && known.progress.consumed <= shown.length;
    const same = usable && stall === null && known.progress.consumed === shown.length;
    if (same && known.of.showing === showing && known.of.stalls === of.stalls && known.of.ended === of.ended) {
      return known.score;
    }
    const progress = usable ? known.progress : new Progress(settings);
    while (progress.consumed < shown.length) progress.add(shown.at(progress.consumed) as ShownMedia, timeline);
    const fresh = scoreEnd(progress, timeline, settings);
    const newest = known === undefined || usable;
    // A score during a stall grows with it: it is not kept.
    if (newest) memories.set(shown.root, { progress, of: stall === null ? of : { ...of, stalls: -1 }, score: fresh });
    return fresh;
  };
  return { name: settings.forest === null ? 'p1203-partial' : 'p1203', score };
}
