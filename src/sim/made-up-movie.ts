import type { Ladder } from '../media/rendition.ts';
import { type Movie, toMovie } from './movie.ts';
import { random, seedOf } from './random.ts';

/** Ten rungs from 235 to 5800 kbit/s, as a streaming service would offer them for H.264. */
export const MADE_UP_LADDER: Ladder = [
  [235, 320, 180],
  [375, 384, 216],
  [560, 512, 288],
  [750, 640, 360],
  [1050, 768, 432],
  [1750, 960, 540],
  [2350, 1280, 720],
  [3000, 1280, 720],
  [4300, 1920, 1080],
  [5800, 1920, 1080],
].map(([kbps = 0, width = 0, height = 0]) => ({ id: `${kbps}k`, bitrate: kbps * 1000, width, height }));

/** Options of {@link madeUpMovie}. Times in s. */
export interface MadeUpMovieOptions {
  /** Default {@link MADE_UP_LADDER}. */
  readonly ladder?: Ladder;
  /** Default 600. */
  readonly duration?: number;
  /** Default 4. */
  readonly segmentDuration?: number;
  /** Standard deviation of ln(size) around the mean: 0 is constant bitrate. Default 0.3. */
  readonly variation?: number;
  /** Whole number. Default 1. */
  readonly seed?: number;
}

/** Mean length of a scene, s: its complexity is that of its neighbours no more. */
const SCENE = 20;
/** How much of the variation is the scene's; the rest is each segment's own. */
const SCENE_SHARE = 0.8;
/** An encoder's buffer keeps a segment within this many times the mean. */
const LARGEST = 2;

/**
 * A movie that nobody shot: scenes of some seconds, each as hard to encode as chance has it, in the same way for all renditions
 * (as one picture is), and each rendition's mean exactly as its ladder declares.
 *
 * @throws RangeError if an option is out of its range
 */
export function madeUpMovie(options: MadeUpMovieOptions = {}): Movie {
  const { ladder = MADE_UP_LADDER, duration = 600, segmentDuration = 4, variation = 0.3, seed = 1 } = options;
  if (!(segmentDuration > 0)) throw new RangeError(`segmentDuration must be > 0 s, got ${segmentDuration}`);
  if (!(duration >= segmentDuration)) {
    throw new RangeError(`duration must be at least a segment (${segmentDuration} s), got ${duration}`);
  }
  if (!(variation >= 0)) throw new RangeError(`variation must be at least 0, got ${variation}`);
  const count = Math.floor(duration / segmentDuration + 1e-9);
  const weights = complexity(count, segmentDuration, variation, seed);
  return toMovie({
    id: `made-up-${seed}`,
    ladder,
    segmentDuration,
    durations: weights.map(() => segmentDuration),
    sizes: weights.map((weight) => ladder.map(({ bitrate }) => Math.round((bitrate / 8) * segmentDuration * weight))),
  });
}

/** Size of each segment by the mean: positive, mean 1. */
function complexity(count: number, segmentDuration: number, variation: number, seed: number): number[] {
  const chance = random(seedOf('movie', seed));
  const ofScene = variation * Math.sqrt(SCENE_SHARE);
  const own = variation * Math.sqrt(1 - SCENE_SHARE);
  let scene = chance.normal();
  let left = SCENE * chance.exponential();
  const weights = Array.from({ length: count }, () => {
    if (left <= 0) {
      scene = chance.normal();
      left = SCENE * chance.exponential();
    }
    left -= segmentDuration;
    return Math.min(Math.exp(ofScene * scene + own * chance.normal()), LARGEST);
  });
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / count;
  return weights.map((weight) => weight / mean);
}
