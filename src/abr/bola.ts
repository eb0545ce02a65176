import type { PlaybackEvent } from '../media/playback-event.ts';
import { type MeasuredProgress, measure } from './abandon-progress.ts';
import { bufferLimit } from './buffer-limit.ts';
import { type Rungs, rungAt, rungsCache, sustainableRung } from './rungs.ts';
import type { AbrContext, AbrDecision, AbrStrategy, DownloadProgress } from './strategy.ts';

/** Options of {@link bola}. */
export interface BolaOptions {
  /**
   * γp: how much avoiding a stall is worth against quality, in units of utility. With 5, one segment duration of stalling
   * costs as much as five steps of a factor e in bitrate. Default 5, Sabre's.
   */
  readonly gammaP?: number;
  /** s of buffer that the scores are spread over. Default: the engine's buffer target. */
  readonly bufferCapacity?: number;
  /**
   * What to do when the buffer asks for more than the network sustains: `U` takes one rung above it (more utility, some
   * oscillation), `O` stays at the sustainable one and waits until the buffer agrees; `basic` is U with a fixed capacity (no
   * caution in the first and last segments) and without abandonment, the form that the paper proves its bounds for. Default `U`.
   */
  readonly variant?: 'basic' | 'U' | 'O';
}

/**
 * The scores of one BOLA decision: (V·(utility + γp) − level) / bitrate, and the best rung has most. In ms and kbit/s, as in
 * Sabre: a placeholder puts the level exactly where two rungs are equal, and which of them wins is then a matter of rounding.
 */
export interface BolaScale {
  /** V·p of the paper: ms of buffer for each unit of utility. */
  readonly vpMs: number;
  readonly gammaP: number;
  /** Of each rung. */
  readonly utility: readonly number[];
}

/** The rung with the highest score at a buffer level; the lowest of equals. */
export function bestRung({ kbps }: Rungs, { vpMs, gammaP, utility }: BolaScale, levelMs: number): number {
  let best = 0;
  let highest = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < kbps.length; at += 1) {
    const score = (vpMs * ((utility[at] ?? 0) + gammaP) - levelMs) / (kbps[at] ?? 1);
    if (score > highest) {
      best = at;
      highest = score;
    }
  }
  return best;
}

/**
 * The lower rung that scores best against going on with the download in flight, each by what it still has to bring; null
 * if going on is best. `remaining` is bits left to come (BOLA-E takes the new request's latency off it).
 */
export function bestAbandonment(
  { kbps }: Rungs,
  { vpMs, gammaP, utility }: BolaScale,
  from: number,
  levelMs: number,
  size: number,
  remaining: number,
): number | null {
  let score = (vpMs * (gammaP + (utility[from] ?? 0)) - levelMs) / remaining;
  let best: number | null = null;
  for (let at = 0; at < from; at += 1) {
    const other = (size * (kbps[at] ?? 0)) / (kbps[from] ?? 1);
    const otherScore = (vpMs * (gammaP + (utility[at] ?? 0)) - levelMs) / other;
    if (other < remaining && otherScore > score) {
      score = otherScore;
      best = at;
    }
  }
  return best;
}

/** BOLA's ramp counts at least this many segments. */
const RAMP_MINIMUM = 3;

/** The part of BOLA that has no memory: {@link bola} and {@link dynamic} differ in whose last rung they pass. */
export interface BolaRule {
  readonly rungsOf: (context: AbrContext) => Rungs;
  /** `last`: index into the ladder of the rule's last choice; `first`: number of the segment playback began with, null before it did. */
  choose(
    context: AbrContext,
    last: number | null,
    first: number | null,
  ): { rung: number; wait: number; reason: string };
  abandon(context: AbrContext, progress: DownloadProgress, first: number | null): AbrDecision | null;
}

/** @throws RangeError if an option is not > 0 */
export function bolaRule(options: BolaOptions = {}): BolaRule {
  const { gammaP = 5, bufferCapacity = null, variant = 'U' } = options;
  if (!(gammaP > 0)) throw new RangeError(`gammaP must be > 0, got ${gammaP}`);
  if (bufferCapacity !== null && !(bufferCapacity > 0)) {
    throw new RangeError(`bufferCapacity must be > 0 s, got ${bufferCapacity}`);
  }
  const cached = rungsCache();
  const rungsOf = ({ ladder, candidates }: AbrContext): Rungs => cached(ladder, candidates);

  const scaleOf = (context: AbrContext, rungs: Rungs, first: number | null): BolaScale => {
    const { duration, number, start, remaining } = context.segment;
    const whole = bufferCapacity ?? bufferLimit(context);
    const here = number ?? Math.round(start / duration);
    const played = here - (first ?? here);
    const ramp = Math.max(Math.min(played, remaining ?? Number.POSITIVE_INFINITY) / 2, RAMP_MINIMUM) * duration;
    const capacity = variant === 'basic' ? whole : Math.min(whole, ramp);
    const top = rungs.utility[rungs.utility.length - 1] ?? 0;
    // A capacity under two segments leaves nothing to steer by: half a segment is kept, so that the score stays a score.
    const spread = Math.max(capacity * 1000 - duration * 1000, duration * 500);
    return { vpMs: spread / (top + gammaP), gammaP, utility: rungs.utility };
  };

  return {
    rungsOf,
    choose(context, last, first) {
      const { throughput, latency, bufferLevel, segment } = context;
      if (throughput === null) return { rung: 0, wait: 0, reason: 'no throughput estimate yet: lowest' };
      const rungs = rungsOf(context);
      const scale = scaleOf(context, rungs, first);
      const wanted = bestRung(rungs, scale, bufferLevel * 1000);
      const reason = `best score with ${Math.round(bufferLevel * 10) / 10} s of buffer`;
      const before = rungAt(rungs, last);
      if (wanted <= before) return { rung: wanted, wait: 0, reason };
      const sustainable = sustainableRung(rungs, throughput, latency ?? 0, segment.duration);
      if (wanted <= sustainable) return { rung: wanted, wait: 0, reason };
      if (before > sustainable)
        return { rung: before, wait: 0, reason: `${reason}, but not above what the network sustains` };
      if (variant !== 'O') {
        return { rung: sustainable + 1, wait: 0, reason: `${reason}, held to one above what the network sustains` };
      }
      const full = (scale.vpMs * (gammaP + (rungs.utility[sustainable] ?? 0))) / 1000;
      const wait = sustainable === rungs.bitrate.length - 1 ? 0 : Math.max(0, bufferLevel - full);
      return { rung: sustainable, wait, reason: `${reason}, held to what the network sustains` };
    },
    abandon(context, progress, first) {
      if (variant === 'basic') return null;
      const rungs = rungsOf(context);
      const from = rungAt(rungs, progress.index);
      const measured = measure(progress, (rungs.bitrate[from] ?? 0) * context.segment.duration);
      if (measured === null) return null;
      const scale = scaleOf(context, rungs, first);
      const levelMs = context.bufferLevel * 1000;
      if (scale.vpMs * (gammaP + (rungs.utility[from] ?? 0)) < levelMs) return null;
      const to = bestAbandonment(rungs, scale, from, levelMs, measured.size, measured.left);
      return to === null ? null : { index: rungs.index[to] ?? 0, reason: abandonReason(measured) };
    },
  };
}

/** Why BOLA gave a download up, in words. */
export function abandonReason({ left, rate }: MeasuredProgress): string {
  return `a lower rendition scores better than the ${(left / 8e6).toFixed(2)} MB left at ${(rate / 1e6).toFixed(2)} Mbit/s`;
}

/**
 * BOLA: the rendition with the best balance of utility ln(bitrate) against the buffer it costs, from the buffer level
 * alone; throughput only keeps it from rising above what the network sustains. Near-optimal for time-average utility less
 * stalling without knowing the network, by Lyapunov optimisation.
 *
 * Follows Sabre's Bola (BOLA-U by default): the scores' capacity grows with what has been played and falls with what is left,
 * at least 3 segments. Differences: until a throughput is known the lowest is taken; after joining in the middle what was
 * played counts from there.
 *
 * @throws RangeError if an option is not > 0
 * @see Spiteri, Urgaonkar, Sitaraman, "BOLA: Near-Optimal Bitrate Adaptation for Online Videos" (INFOCOM 2016, ToN 2020),
 * doi 10.1109/TNET.2020.2996964
 */
export function bola(options: BolaOptions = {}): AbrStrategy {
  const rule = bolaRule(options);
  let last: number | null = null;
  const start = startOfPlayback();
  return {
    name: 'bola',
    observe(event) {
      start.observe(event);
      if (event.type === 'sessionStart') last = null;
      else if (event.type === 'decision') last = event.index;
    },
    decide(context) {
      const { rung, wait, reason } = rule.choose(context, last, start.number());
      const index = context.candidates[rung] ?? 0;
      return wait > 0 ? { index, reason, wait } : { index, reason };
    },
    abandon: (context, progress) => rule.abandon(context, progress, start.number()),
  };
}

/** The number of the segment that playback began with, or went on from after a seek (null before): where BOLA's ramp starts. */
export function startOfPlayback(): { observe(event: PlaybackEvent): void; number(): number | null } {
  let first: number | null = null;
  return {
    observe(event) {
      if (event.type === 'sessionStart' || event.type === 'seeking') first = null;
      else if (event.type === 'decision' && first === null) first = event.segment.number;
    },
    number: () => first,
  };
}
