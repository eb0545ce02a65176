/** What decides whether hls.js can go on with a level. `index` is the rung of the ladder it belongs to. */
export interface LevelTraits {
  readonly index: number;
  /** First four letters of its codecs, as hls.js has them: `avc1,mp4a`; empty if not declared. */
  readonly codecSet: string;
  /** SDR, PQ or HLG. */
  readonly videoRange: string;
  /** frames/s, 0 if not declared. */
  readonly frameRate: number;
  /** Nothing of it failed lately. */
  readonly healthy: boolean;
  /** The browser did not say that it cannot decode it, or not smoothly. */
  readonly decodable: boolean;
}

/** hls.js's order of codecs to start with, the most efficient first; what it does not name comes after. */
const CODEC_ORDER = ['dvh1', 'dvhe', 'hvc1', 'hev1', 'av01', 'vp09', 'avc1', 'avc3'];

const orderOf = ({ codecSet }: LevelTraits): number => {
  const at = CODEC_ORDER.indexOf(codecSet.slice(0, 4));
  return at < 0 ? CODEC_ORDER.length : at;
};

/** Where to begin when nothing was fetched yet: standard range before high, then the most efficient codec. */
function beginning(levels: readonly LevelTraits[]): LevelTraits | null {
  const standard = levels.filter(({ videoRange }) => videoRange === 'SDR');
  const [first] = [...(standard.length > 0 ? standard : levels)].sort((a, b) => orderOf(a) - orderOf(b));
  return first ?? null;
}

/**
 * Whether playback can go from one level to another without a break: the same codecs and range, and no rung up that shows
 * fewer frames or down that shows more (a 25 to 50 frames/s switch is seen as a change of motion).
 */
function continues(from: LevelTraits, to: LevelTraits, started: boolean): boolean {
  if (to.codecSet !== from.codecSet || to.videoRange !== from.videoRange) return false;
  if (!started || from.frameRate === 0 || to.frameRate === 0) return true;
  return to.index > from.index ? to.frameRate >= from.frameRate : to.frameRate <= from.frameRate;
}

const rungs = (levels: readonly LevelTraits[]): readonly number[] =>
  [...new Set(levels.map(({ index }) => index))].sort((a, b) => a - b);

/**
 * The rungs open to choice: healthy, decodable, and continuous with `current` (the level of the last segment; null before the
 * first). Wishes are given up one after another when nothing is left: first continuity, then decoding support, then health, so
 * that the result is empty only if `levels` is. Ascending.
 */
export function candidatesOf(levels: readonly LevelTraits[], current: LevelTraits | null): readonly number[] {
  const fine = levels.filter(({ healthy, decodable }) => healthy && decodable);
  const from = current ?? beginning(fine.length > 0 ? fine : levels);
  const choices = [
    fine.filter((level) => from === null || continues(from, level, current !== null)),
    fine,
    levels.filter(({ healthy }) => healthy),
    levels,
  ];
  return rungs(choices.find(({ length }) => length > 0) ?? []);
}
