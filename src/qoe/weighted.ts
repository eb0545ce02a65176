import {
  averageBitrateOf,
  stallCountOf,
  startupTimeOf,
  switchesOf,
  watchedTimeOf,
} from '../session/session-metrics.ts';
import type { Timeline } from '../session/timeline.ts';
import type { QoeScore, QoeScorer } from './qoe-scorer.ts';

/** The lowest rung of the brief's ladder, bits/s: quality 0. */
const BASE_BITRATE = 235_000;
/** The highest rung of the brief's ladder, bits/s: normalised quality 1 where the presentation's own top is lower. */
const TOP_BITRATE = 5_800_000;
const WEIGHTS = { quality: 0.4, stability: 0.3, startup: 0.2, buffering: 0.1 } as const;

/** Options of {@link weighted}. */
export interface WeightedOptions {
  /**
   * Minutes that switches are divided by at least while the session goes on, which keeps their rate from exploding on a
   * live display; 0 takes the exact value always. Default 1.
   */
  readonly minimumMinutes?: number;
}

/**
 * The brief's weighted score:
 * 0.4·ln(average kbit/s / 235) + 0.3·e^(−switches/min) + 0.2·e^(−startup s/3) + 0.1·e^(−buffering events/h).
 *
 * `value` is that sum exactly (unbounded: about 1.88 for a perfect session at 5800 kbit/s, negative terms below 235);
 * `terms` holds the four components (`weights` what each counts), and `normalised`, 0…100: the same weights with quality = ln(kbit/s / 235) /
 * ln(top / 235) held within 0…1, top being 5800 kbit/s or the ladder's own if that is higher. Minutes are of media
 * shown, hours of watched time; start-up and seeks are no buffering events. Null before anything was shown: it never is −∞.
 *
 * Traps: quality is two thirds of a good score, so that a terrible session at 5800 beats a clean one at 1500; one stall
 * in ten minutes costs as much as sixty, however long they are; bitrate says nothing across codecs.
 *
 * @throws RangeError if minimumMinutes is negative
 */
export function weighted(options: WeightedOptions = {}): QoeScorer {
  const { minimumMinutes = 1 } = options;
  if (!(minimumMinutes >= 0)) throw new RangeError(`minimumMinutes must be >= 0, got ${minimumMinutes}`);
  return { name: 'weighted', score: (timeline) => scoreOf(timeline, minimumMinutes) };
}

function scoreOf(timeline: Timeline, minimumMinutes: number): QoeScore {
  const averageBitrate = averageBitrateOf(timeline);
  const startupTime = startupTimeOf(timeline);
  const mediaTime = timeline.mediaPlayed;
  if (averageBitrate === null || startupTime === null || !(mediaTime > 0)) return { value: null, terms: {} };
  const young = timeline.ended === null && mediaTime / 60 < minimumMinutes;
  const quality = Math.log(averageBitrate / BASE_BITRATE);
  const { up, down } = switchesOf(timeline);
  const stability = Math.exp(-(up + down) / (young ? minimumMinutes : mediaTime / 60));
  const startup = Math.exp(-startupTime / 3);
  const buffering = Math.exp(-stallCountOf(timeline) / (watchedTimeOf(timeline) / 3600));
  const top = Math.max(timeline.ladder.at(-1)?.bitrate ?? 0, TOP_BITRATE);
  const share = Math.min(Math.max(quality / Math.log(top / BASE_BITRATE), 0), 1);
  const rest = WEIGHTS.stability * stability + WEIGHTS.startup * startup + WEIGHTS.buffering * buffering;
  return {
    value: WEIGHTS.quality * quality + rest,
    terms: { quality, stability, startup, buffering, normalised: 100 * (WEIGHTS.quality * share + rest) },
    weights: WEIGHTS,
    ...(young ? { provisional: true } : {}),
  };
}
