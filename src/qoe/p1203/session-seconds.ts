import type { Rendition } from '../../media/rendition.ts';
import { startupTimeOf } from '../../session/session-metrics.ts';
import type { ShownMedia } from '../../session/shown-media.ts';
import type { Interval, Timeline } from '../../session/timeline.ts';
import { AudioModule } from './audio.ts';
import type { Forest } from './forest.ts';
import type { P1203AudioCodec, P1203AudioSegment, P1203Device, P1203VideoSegment } from './input.ts';
import { type Integration, integrate, type P1203Stall } from './integration.ts';
import { VideoModule } from './video.ts';

/** How a session is scored; see `P1203Options`. */
export interface SessionSettings {
  readonly forest: Forest | null;
  readonly device: P1203Device;
  readonly displaySize: string;
  readonly window: number;
  readonly audioBitrateKbps: number;
  readonly amendment1: boolean;
  readonly appendix2: boolean;
}

/** What has to be said of a score, by what was missing. */
export const NOTES = {
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
export interface Seconds {
  readonly O21: readonly number[];
  readonly O22: readonly number[];
  readonly from: number;
}

/** Windows that are over, one after the other without overlap, and their scores. */
export interface Windows {
  readonly count: number;
  readonly sum: number;
  readonly worst: number;
}

/** s of a stretch that can be told apart in a window: more of the same changes nothing in it. */
const longest = (window: number): number => Math.min(window, 3600) + 60;

/** s of media between one live score and the next. */
const STEP = 5;
/** s by which floating point may miss a whole frame: a session's times come from a clock, not from a report. */
const ROUNDING = 1e-6;

/** What was computed of the stretches of media that are over; a stretch at a time, in bounded memory. */
export class SessionSeconds {
  readonly #settings: SessionSettings;
  readonly #video: VideoModule;
  readonly #audio: AudioModule;
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

  constructor(settings: SessionSettings, video?: VideoModule, audio = new AudioModule()) {
    const { device, displaySize } = settings;
    this.#settings = settings;
    this.#video = video ?? new VideoModule({ mode: 0, device, displaySize });
    this.#audio = audio;
  }

  /** One of its own that goes on from here. */
  copy(): SessionSeconds {
    const twin = new SessionSeconds(this.#settings, this.#video.copy(), this.#audio.copy());
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

  /** Takes in the stretches that are over, some seconds at a time: a few that are less than that wait. */
  addWhole(timeline: Timeline): void {
    const { shown } = timeline;
    let waiting = 0;
    for (let index = this.consumed; index < shown.length; index += 1) {
      waiting += (shown.at(index) as ShownMedia).duration;
      if (waiting < STEP) continue;
      while (this.consumed <= index) this.add(shown.at(this.consumed) as ShownMedia, timeline);
      waiting = 0;
    }
  }

  /** Takes in everything that is left, what is on screen included. */
  addRest(timeline: Timeline): void {
    const { shown, showing } = timeline;
    while (this.consumed < shown.length) this.add(shown.at(this.consumed) as ShownMedia, timeline);
    if (showing !== null) this.add(showing, timeline);
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

/**
 * The stalls of a session that lie in a window of media, by their place in it; the first is the initial delay. While the
 * session goes on, stalls in media that is not counted yet stand at the window's end.
 */
function stallsIn(timeline: Timeline, start: number, length: number, open: boolean): P1203Stall[] {
  let initial = start === 0 ? (startupTimeOf(timeline) ?? 0) : 0;
  const within: P1203Stall[] = [];
  const add = (played: number, duration: number): void => {
    const position = open ? Math.min(played - start, length) : played - start;
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

/** What the integration module says of `length` seconds from second `start` on. */
export function integrateSeconds(
  { O21, O22, from }: Seconds,
  start: number,
  length: number,
  timeline: Timeline,
  { forest, amendment1, appendix2 }: SessionSettings,
  open = false,
): Integration {
  const within = (scores: readonly number[]): readonly number[] => scores.slice(start - from, start - from + length);
  return integrate(within(O21), within(O22), stallsIn(timeline, start, length, open), {
    forest,
    appendix2,
    amendment1Audiovisual: amendment1,
    amendment1Stalling: amendment1,
  });
}

/** O46, or what the formulae alone say where there is no forest. */
export const overall = ({ O46, partial }: Integration): number => O46 ?? partial;
