import type { EventOf } from '../media/playback-event.ts';
import { measure } from './abandon-progress.ts';
import { abandonReason, type BolaScale, bestAbandonment, bestRung } from './bola.ts';
import { bufferLimit } from './buffer-limit.ts';
import { type Rungs, rungAt, rungsCache, sustainableRung } from './rungs.ts';
import { sessionMemory } from './session-memory.ts';
import type { AbrContext, AbrStrategy } from './strategy.ts';
import { bufferSafety, outlastedRung } from './throughput.ts';

/** Options of {@link bolaE}. */
export interface BolaEOptions {
  /** s: the buffer level up to which the lowest rendition is chosen. Default 10. */
  readonly minimumBuffer?: number;
  /** s added to the scores' capacity for each rendition, so that rungs do not crowd. Default 2. */
  readonly bufferPerRendition?: number;
  /** s of buffer that the scores are spread over, if that is more. Default: the engine's buffer target. */
  readonly bufferCapacity?: number;
  /** What to do when the buffer asks for more than the network sustains; see {@link bola}. Default `U`. */
  readonly variant?: 'U' | 'O';
}

/** ms of buffer above which `rung` is preferred to every lower one. */
function minimumLevelMs({ kbps }: Rungs, { vpMs, gammaP, utility }: BolaScale, rung: number): number {
  const rate = kbps[rung] ?? 0;
  const useful = utility[rung] ?? 0;
  let levelMs = 0;
  for (let at = 0; at < rung; at += 1) {
    const lower = kbps[at] ?? 0;
    const lowerUseful = utility[at] ?? 0;
    if (lowerUseful >= useful) continue;
    levelMs = Math.max(levelMs, vpMs * (gammaP + (rate * lowerUseful - lower * useful) / (rate - lower)));
  }
  return levelMs;
}

/** ms of buffer from which BOLA would rather pause than fetch another segment of `rung`. */
function maximumLevelMs({ vpMs, gammaP, utility }: BolaScale, rung: number): number {
  return vpMs * ((utility[rung] ?? 0) + gammaP);
}

/** What one decision comes to: the choice, s to wait, and the placeholder it leaves behind. */
interface Plan {
  readonly rung: number;
  readonly wait: number;
  readonly placeholderMs: number;
  readonly reason: string;
}

/**
 * BOLA-E: BOLA with a placeholder, buffer that is not there but counts as if it were. Set from the throughput at the
 * start it lets the first segments be chosen by throughput instead of climbing the ladder with the buffer, and while the
 * buffer is full it stands for the seconds that could have been fetched. The insufficient-buffer rule guards what the
 * placeholder promises.
 *
 * Follows Sabre's BolaEnh, in its units (ms, kbit/s; see {@link BolaScale}). Differences: none of the state changes in `decide`; after an abandonment the rendition that was
 * abandoned to is fetched (Sabre asks again).
 *
 * @throws RangeError if an option is not > 0
 * @see Spiteri, Sitaraman, Sparacio, "From Theory to Practice: Improving Bitrate Adaptation in the DASH Reference Player"
 * (MMSys 2018, TOMM 2019), doi 10.1145/3336497
 */
export function bolaE(options: BolaEOptions = {}): AbrStrategy {
  const { minimumBuffer = 10, bufferPerRendition = 2, bufferCapacity = null, variant = 'U' } = options;
  for (const [name, value] of Object.entries({
    minimumBuffer,
    bufferPerRendition,
    bufferCapacity: bufferCapacity ?? 1,
  })) {
    if (!(value > 0)) throw new RangeError(`${name} must be > 0 s, got ${value}`);
  }
  const cached = rungsCache();
  const memory = sessionMemory();
  const safety = bufferSafety();
  let steady = false;
  let placeholderMs = 0;
  let last: number | null = null;
  /** When the last download ended, and what it was asked with. */
  let idleSince: number | null = null;
  let asked: { readonly level: number; readonly at: number; readonly context: AbrContext } | null = null;

  const rungsOf = ({ ladder, candidates }: AbrContext): Rungs => cached(ladder, candidates);
  const scaleOf = (context: AbrContext, rungs: Rungs): BolaScale => {
    const offset = 1 - Math.log(rungs.kbps[0] ?? 1);
    const utility = rungs.kbps.map((rate) => Math.log(rate) + offset);
    const top = utility[utility.length - 1] ?? 1;
    const least = minimumBuffer * 1000 + bufferPerRendition * 1000 * rungs.kbps.length;
    const capacityMs = Math.max(least, (bufferCapacity ?? bufferLimit(context)) * 1000);
    // A ladder of one rung has nothing to score, and no spread of utility to divide by.
    const gammaP = top > 1 ? (top - 1) / (capacityMs / (minimumBuffer * 1000) - 1) : 1;
    return { vpMs: (minimumBuffer * 1000) / gammaP, gammaP, utility };
  };

  const firstPlan = (context: AbrContext, rungs: Rungs, estimate: number): Plan => {
    const rung = sustainableRung(rungs, estimate, context.latency ?? 0, context.segment.duration);
    const needed = minimumLevelMs(rungs, scaleOf(context, rungs), rung) - context.bufferLevel * 1000;
    const reason = 'first with an estimate: what the network sustains';
    return { rung, wait: 0, placeholderMs: Math.max(0, needed), reason };
  };

  const steadyPlan = (context: AbrContext, rungs: Rungs, estimate: number): Plan => {
    const { bufferLevel, latency, segment, now } = context;
    const scale = scaleOf(context, rungs);
    const levelMs = bufferLevel * 1000;
    let aheadMs = placeholderMs + (idleSince === null ? 0 : Math.max(0, now - idleSince) * 1000);
    let rung = bestRung(rungs, scale, levelMs + aheadMs);
    let reason = `best score with ${Math.round((levelMs + aheadMs) / 100) / 10} s of buffer, placeholder included`;
    const sustainable = sustainableRung(rungs, estimate, latency ?? 0, segment.duration);
    const before = rungAt(rungs, last);
    if (rung > before && rung > sustainable) {
      rung = Math.max(before, sustainable) + (variant === 'U' ? 1 : 0);
      reason += ', held near what the network sustains';
    }
    let waitMs = Math.max(0, levelMs + aheadMs - maximumLevelMs(scale, rung));
    if (waitMs <= aheadMs) {
      aheadMs -= waitMs;
      waitMs = 0;
    } else {
      waitMs -= aheadMs;
      aheadMs = 0;
    }
    if (rung === rungs.kbps.length - 1) waitMs = 0;
    const outlasted = outlastedRung(context, rungs, rung, safety.value());
    if (outlasted < rung) {
      const most = Math.max(0, minimumLevelMs(rungs, scale, outlasted) - levelMs);
      return {
        rung: outlasted,
        wait: 0,
        placeholderMs: Math.min(most, aheadMs),
        reason: `${reason}; more would outlast it`,
      };
    }
    return { rung, wait: waitMs / 1000, placeholderMs: aheadMs, reason };
  };

  const plan = (context: AbrContext): Plan => {
    if (context.throughput === null)
      return { rung: 0, wait: 0, placeholderMs, reason: 'no throughput estimate yet: lowest' };
    const rungs = rungsOf(context);
    return (steady ? steadyPlan : firstPlan)(context, rungs, context.throughput);
  };

  /** Takes the step that {@link plan} announced; another rung than planned (a cap, the viewer) may not keep more than it needs. */
  const decided = (event: EventOf<'decision'>): void => {
    const context = memory.contextOf(event);
    if (context === null) return;
    asked = { level: event.inputs.bufferLevel, at: event.at, context };
    if (event.trigger === 'abandon') {
      abandoned(context, event.index);
      return;
    }
    if (context.throughput === null) return;
    const rungs = rungsOf(context);
    const planned = plan(context);
    placeholderMs = planned.placeholderMs;
    if (rungs.index[planned.rung] !== event.index) {
      const levelMs = minimumLevelMs(rungs, scaleOf(context, rungs), rungAt(rungs, event.index));
      placeholderMs = Math.min(placeholderMs, Math.max(0, levelMs - context.bufferLevel * 1000));
    }
    if (steady) safety.step();
    steady = true;
    idleSince = null;
  };

  const abandoned = (context: AbrContext, target: number): void => {
    const rungs = rungsOf(context);
    const to = rungAt(rungs, target);
    const wantedMs = to > 0 ? minimumLevelMs(rungs, scaleOf(context, rungs), to) : minimumBuffer * 1000;
    placeholderMs = Math.min(placeholderMs, Math.max(0, wantedMs - context.bufferLevel * 1000));
  };

  /** Keeps the placeholder within what the rendition that arrived can stand for. */
  const downloaded = (event: EventOf<'request'>): void => {
    if (event.kind !== 'segment' || event.segment === null || event.segment.rendition === null) return;
    if (event.outcome === 'failed') return;
    last = event.segment.rendition;
    idleSince = event.at;
    if (event.outcome !== 'ok' || !steady || asked === null) return;
    const { context } = asked;
    const rungs = rungsOf(context);
    const scale = scaleOf(context, rungs);
    const rung = rungAt(rungs, last);
    // The level with the new segment as it would be had nothing been played meanwhile.
    const atRequest = asked.level - (event.start - asked.at) * context.playbackRate;
    const levelMs = (Math.max(atRequest, event.at - event.start) + context.segment.duration) * 1000;
    placeholderMs = Math.min(placeholderMs, Math.max(0, maximumLevelMs(scale, rung) - levelMs));
    placeholderMs = Math.max(placeholderMs, minimumLevelMs(rungs, scale, rung) - levelMs);
  };

  return {
    name: 'bolaE',
    observe(event) {
      memory.observe(event);
      if (event.type === 'sessionStart') {
        safety.reset();
        steady = false;
        placeholderMs = 0;
        last = null;
        idleSince = null;
        asked = null;
      } else if (event.type === 'seeking') {
        steady = false;
        placeholderMs = 0;
      } else if (event.type === 'decision') decided(event);
      else if (event.type === 'request') downloaded(event);
    },
    decide(context) {
      const { rung, wait, reason } = plan(context);
      const index = context.candidates[rung] ?? 0;
      return wait > 0 ? { index, reason, wait } : { index, reason };
    },
    abandon(context, progress) {
      const rungs = rungsOf(context);
      const from = rungAt(rungs, progress.index);
      const measured = measure(progress, (rungs.bitrate[from] ?? 0) * context.segment.duration);
      if (measured === null) return null;
      // The new request has to wait for its first byte too: both sides are taken as they will be then.
      const levelMs = Math.max(0, context.bufferLevel * 1000 + placeholderMs - measured.firstByte * 1000);
      const remaining = measured.left - measured.firstByte * measured.rate;
      if (remaining <= 0) return null;
      const to = bestAbandonment(rungs, scaleOf(context, rungs), from, levelMs, measured.size, remaining);
      return to === null ? null : { index: rungs.index[to] ?? 0, reason: abandonReason(measured) };
    },
  };
}
