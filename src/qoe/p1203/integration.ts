import { askForest, type Forest } from './forest.ts';
import { clamp, exponential } from './mos.ts';

/** Variants of the standard. */
export interface IntegrationOptions {
  /** Amendment 1: very low audio quality pulls the audiovisual quality down. Default false. */
  readonly amendment1Audiovisual?: boolean;
  /** Amendment 1: very long stalling pulls the overall score down. Default false. */
  readonly amendment1Stalling?: boolean;
  /** Appendix 2: O35 without the terms for what changes over time. Default false. */
  readonly appendix2?: boolean;
  /** The standard's random forest; without it there is no O46. */
  readonly forest?: Forest | null;
}

/** A stall: after how many s of media, for how many s. The one at 0 is the initial delay. */
export type P1203Stall = readonly [position: number, duration: number];

/** What P.1203.3 makes of a session; MOS 1…5 unless said otherwise. */
export interface Integration {
  /** Stalling quality. */
  readonly O23: number;
  /** Audiovisual quality of each second. */
  readonly O34: number[];
  /** Audiovisual quality of the session; can lie outside 1…5. */
  readonly O35: number;
  /** Overall quality; null without a forest. */
  readonly O46: number | null;
  /** Overall quality by the formulae alone, as if the forest agreed with them. Not P.1203: within 0.15 of it on average, 0.7 at worst. */
  readonly partial: number;
  /** The random forest's part, null without one. */
  readonly forest: number | null;
  /** What O35 is made of: its weighted mean, and what is taken off for bad moments, oscillation and changes. */
  readonly base: number;
  readonly negativeBias: number;
  readonly oscillation: number;
  readonly adaptation: number;
  /** s of stalling, older stalls counting less. */
  readonly stalling: number;
}

/** Percentile of ascending values by linear interpolation between ranks, `share` 0…1. */
function percentile(sorted: Float64Array, share: number): number {
  const rank = (sorted.length - 1) * share;
  const low = Math.floor(rank);
  const below = sorted[low] ?? 0;
  return below + ((sorted[low + 1] ?? below) - below) * (rank - low);
}

function audiovisual(audio: number, video: number, amended: boolean): number {
  const quality = clamp(-0.00069084 + 0.15374283 * audio + 0.97153861 * video + 0.02461776 * audio * video, 1, 5);
  return amended ? (1 - Math.max(0, 2 - audio)) * (quality - 1) + 1 : quality;
}

/** Mean of the session in which late and bad moments weigh more. */
function weightedMean(O34: readonly number[]): number {
  // e^(t / duration / 0.1565) from second to second is a constant factor: a product instead of a power each time.
  const step = Math.exp(1 / O34.length / 0.156497800436237);
  let growth = 1;
  let sum = 0;
  let weights = 0;
  for (const quality of O34) {
    const late = 0.00666620027943848 + 0.0000404018840273729 * growth;
    const bad = 0.143179744942738 - 0.0238641564518876 * quality;
    sum += late * bad * quality;
    weights += late * bad;
    growth *= step;
  }
  return sum / weights;
}

/** What the worst tenth of moments takes off, those before the last few seconds counting more. */
function negativeBiasOf(O34: readonly number[], base: number): number {
  const [recent, past] = [1, 1.87403625];
  const step = 0.5 ** (1 / 7.85416481);
  const differences = new Float64Array(O34.length);
  let decay = 1;
  for (let second = O34.length - 1; second >= 0; second -= 1) {
    differences[second] = ((O34[second] as number) - base) * (past + (recent - past) * decay);
    decay *= step;
  }
  return Math.max(0, -percentile(differences.sort(), 0.1)) * 0.0185382;
}

/** s between the points at which the direction of quality is looked at, and how far it must have moved. */
const STEP = 3;
const MOVED = 0.2;

/** −1, 0, 1 for each step of three seconds: where smoothed video quality goes. Exactly 0.2 counts as down, as in the reference. */
function directions(O22: readonly number[]): number[] {
  const at = (index: number): number => O22[clamp(index, 0, O22.length - 1)] ?? 0;
  const smooth: number[] = [];
  for (let index = 0; index < O22.length + 4; index += STEP) {
    smooth.push((at(index - 4) + at(index - 3) + at(index - 2) + at(index - 1) + at(index)) / 5);
  }
  return smooth.slice(1).map((value, index) => {
    const change = value - (smooth[index] ?? 0);
    return change > MOVED ? 1 : change < MOVED && change > -MOVED ? 0 : -1;
  });
}

/** How often quality turned, and the longest time without a turn, s. */
function turns(O22: readonly number[]): { readonly total: number; readonly longest: number } {
  const signs = directions(O22);
  const starts: number[] = [];
  let last = 0;
  for (const [index, sign] of signs.entries()) {
    if (sign !== 0 && sign !== last) starts.push(index);
    if (sign !== 0) last = sign;
  }
  const marks = [0, ...starts, signs.length];
  const gaps = marks.slice(1).map((mark, index) => mark - (marks[index] ?? 0));
  return { total: starts.length, longest: STEP * Math.max(...gaps) };
}

/** What is taken off for quality that goes up and down: by how much, how often, how fast. */
function changesOf(O22: readonly number[], duration: number): { oscillation: number; adaptation: number } {
  const spread = Math.max(...O22) - Math.min(...O22);
  let changes = 0;
  for (let second = 1; second < duration; second += 1) {
    if (Math.abs((O22[second] ?? 0) - (O22[second - 1] ?? 0)) > MOVED) changes += 1;
  }
  const { total, longest } = turns(O22);
  const steady = longest / duration >= 0.25;
  const size = Math.max(0, 1 + Math.log10(spread + 0.001));
  const oscillation = clamp(size * Math.exp(0.6775608 * total - 8.05533303), 0, 1.5);
  const adaptation = clamp((0.17332553 * spread * changes) / duration - 0.01035647, 0, 0.5);
  return {
    oscillation: steady || longest >= 30 ? 0 : oscillation,
    adaptation: steady ? 0 : adaptation,
  };
}

/** Half to even, as numpy rounds. */
function round3(value: number): number {
  const scaled = value * 1000;
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const up = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
  return (up ? floor + 1 : floor) / 1000;
}

/** Means of `parts` parts of equal length; a second that lies in two counts in each for its share. */
function partMeans(values: readonly number[], parts: number): number[] {
  const length = values.length / parts;
  return Array.from({ length: parts }, (_, part) => {
    const from = part * length;
    const to = from + length;
    let sum = 0;
    for (let second = Math.floor(from); second < Math.min(Math.ceil(to), values.length); second += 1) {
      sum += (values[second] ?? 0) * (Math.min(second + 1, to) - Math.max(second, from));
    }
    return sum / length;
  });
}

/** What the forest looks at. */
function features(
  O21: readonly number[],
  O22: readonly number[],
  stalls: readonly P1203Stall[],
  duration: number,
): number[] {
  const video = O22.map(round3);
  const audio = O21.map(round3);
  const later = stalls.filter(([position]) => position !== 0);
  const initial = (stalls.find(([position]) => position === 0)?.[1] ?? 0) / 3;
  const seconds = later.reduce((sum, [, length]) => sum + length, 0);
  const last = later.at(-1)?.[0] ?? 0;
  const sorted = Float64Array.from(video).sort();
  return [
    later.length,
    seconds + initial,
    later.length / duration,
    (seconds + initial) / duration,
    duration - last,
    ...partMeans(video, 3),
    percentile(sorted, 0.01),
    percentile(sorted, 0.05),
    percentile(sorted, 0.1),
    ...partMeans(audio, 2),
    duration,
  ];
}

/**
 * The integration module: from the quality of each second and the stalls to that of the session.
 *
 * @param O21 audio quality of each second, MOS; empty for a session without audio
 * @param O22 video quality of each second, MOS
 * @param stalling ascending; the first is the initial delay: if it is not at 0, all are moved so that it is
 * @throws RangeError if there is not a second of video
 * @see ITU-T P.1203.3, and Amendment 1 and Appendix 2 of it
 */
export function integrate(
  O21: readonly number[],
  O22: readonly number[],
  stalling: readonly P1203Stall[],
  options: IntegrationOptions = {},
): Integration {
  const { amendment1Audiovisual = false, amendment1Stalling = false, appendix2 = false, forest = null } = options;
  if (O22.length === 0) throw new RangeError('O22 must have at least one second, got none');
  const duration = O21.length > 0 ? Math.min(O21.length, O22.length) : O22.length;
  const audio = O21.length > 0 ? O21 : O22.map(() => 5);
  const shift = stalling[0]?.[0] ?? 0;
  const stalls = stalling
    .map(([position, length]): P1203Stall => [position - shift, length])
    .filter(([position, length]) => position <= duration && length > 0);
  const count = stalls.length;
  const total = stalls.reduce(
    (sum, [position, length]) => sum + length * exponential(1, 0.48412879, 0, 10, duration - position),
    0,
  );
  const interval = count > 1 ? ((stalls.at(-1)?.[0] ?? 0) - (stalls[0]?.[0] ?? 0)) / (count - 1) : 0;

  const O34 = Array.from({ length: duration }, (_, second) =>
    audiovisual(audio[second] ?? 0, O22[second] ?? 0, amendment1Audiovisual),
  );
  const base = weightedMean(O34);
  const negativeBias = negativeBiasOf(O34, base);
  const { oscillation, adaptation } = changesOf(O22, duration);
  const O35 = appendix2 ? base : base - negativeBias - oscillation - adaptation;

  const smooth =
    Math.exp(-count / 9.35158684) *
    Math.exp(-total / duration / 0.91890815) *
    Math.exp(-interval / duration / 11.0567558);
  const mos = clamp(1 + (O35 - 1) * smooth, 1, 5);
  const answer = forest === null ? null : askForest(forest, features(audio, O22, stalls, duration));
  const overall = (other: number): number => {
    const both = 0.75 * mos + 0.25 * other;
    const held = amendment1Stalling ? 1 + (both - 1) * clamp(-0.066667 * total + 2, 0, 1) : both;
    return 0.02833052 + 0.98117059 * held;
  };
  return {
    O23: 1 + 4 * smooth,
    O34,
    O35,
    O46: answer === null ? null : overall(answer),
    partial: overall(mos),
    forest: answer,
    base,
    negativeBias,
    oscillation,
    adaptation,
    stalling: total,
  };
}
