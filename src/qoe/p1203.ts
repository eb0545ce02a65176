import type { Timeline } from '../session/timeline.ts';
import type { Forest } from './p1203/forest.ts';
import { type P1203Device, pixelsOf } from './p1203/input.ts';
import type { Integration } from './p1203/integration.ts';
import {
  integrateSeconds,
  NOTES,
  overall,
  SessionSeconds,
  type SessionSettings,
  type Windows,
} from './p1203/session-seconds.ts';
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

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** What one session's score was made from last time, so that only what is new costs anything. */
interface Memory {
  readonly seconds: SessionSeconds;
  readonly stalls: number;
  readonly score: QoeScore;
}

function termsOf(result: Integration, O21: readonly number[], O22: readonly number[], windows: Windows) {
  return {
    O23: result.O23,
    O35: result.O35,
    video: mean(O22),
    ...(O21.length > 0 ? { audio: mean(O21) } : {}),
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

/** Whether all that was shown counts: at the end, and in the first seconds. */
const countsRest = (timeline: Timeline, seconds: SessionSeconds): boolean =>
  timeline.ended !== null || seconds.consumed === 0;

function scoreEnd(seconds: SessionSeconds, timeline: Timeline, settings: SessionSettings): QoeScore {
  const end = seconds.copy();
  if (countsRest(timeline, seconds)) end.addRest(timeline);
  const all = end.finish();
  const { O21, O22, from } = all;
  const count = from + (O21.length > 0 ? Math.min(O21.length, O22.length) : O22.length);
  const length = Math.min(settings.window, count);
  const start = count - length;
  const notes = [...end.notes].map((note) => NOTES[note as keyof typeof NOTES]);
  if (length < 1) return { value: null, terms: {}, ...(notes.length > 0 ? { notes } : {}) };
  const result = integrateSeconds(all, start, length, timeline, settings, timeline.ended === null);
  const within = (scores: readonly number[]): readonly number[] => scores.slice(start - from, start - from + length);
  if (settings.forest === null) notes.unshift(NOTES.forest);
  return {
    value: overall(result),
    terms: termsOf(result, within(O21), within(O22), end.windows),
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
 * worst of the windows that are over.
 *
 * While the session goes on the value is provisional: it moves every five seconds or so, as segments are shown to
 * their end, and with every stall as it happens, and is what the session would score if it ended there.
 *
 * Without the random forest (yours to bring, see {@link parseForestCsv}) there is no O46: the scorer is then named
 * `p1203-partial`, and its value is what the formulae alone say.
 *
 * @throws RangeError if window is not a whole number of s >= 10, or audioBitrateKbps is not positive
 * @see ITU-T P.1203.1 to P.1203.3; {@link scoreP1203} takes the standard's own input
 */
export function p1203(options: P1203Options = {}): QoeScorer {
  const settings: SessionSettings = {
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
    const { shown, stalls, stall } = timeline;
    const known = memories.get(shown.root);
    const usable = known !== undefined && known.seconds.consumed <= shown.length;
    const seconds = usable ? known.seconds : new SessionSeconds(settings);
    const before = seconds.consumed;
    seconds.addWhole(timeline);
    // A stall that goes on makes another score of every moment; so does what is on screen where it counts.
    const lasting = stall === null && !countsRest(timeline, seconds);
    if (usable && lasting && before === seconds.consumed && known.stalls === stalls.length) return known.score;
    const fresh = scoreEnd(seconds, timeline, settings);
    if (known === undefined || usable) {
      memories.set(shown.root, { seconds, stalls: lasting ? stalls.length : -1, score: fresh });
    }
    return fresh;
  };
  return { name: settings.forest === null ? 'p1203-partial' : 'p1203', score };
}
