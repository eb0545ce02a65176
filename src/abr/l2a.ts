import type { PlaybackEvent } from '../media/playback-event.ts';
import { type Rungs, rungAt, rungsCache } from './rungs.ts';
import { sessionMemory } from './session-memory.ts';
import type { AbrContext, AbrStrategy } from './strategy.ts';
import { toSample } from './throughput-estimator.ts';

/** Options of {@link l2a}; the values of the authors' implementation in dash.js are the defaults. */
export interface L2aOptions {
  /** Steps over which the learning is meant to converge. Default 4. */
  readonly horizon?: number;
  /** Exponent of the horizon that gives the caution V. Default 0.99. */
  readonly caution?: number;
  /** How strongly a choice above the throughput is answered. Default 2. */
  readonly react?: number;
  /** s of buffer at which learning begins; until then the throughput decides. Default 1.5. */
  readonly bufferTarget?: number;
  /** Share of the estimated throughput that is spent until then. Default 0.9. */
  readonly safety?: number;
}

/** What is learnt: a probability for each rung, and the multiplier that stands for the buffer's displacement. */
interface Learnt {
  readonly weights: readonly number[];
  readonly multiplier: number;
}

/**
 * The point of the probability simplex (all ≥ 0, sum 1) that is nearest to `values`.
 *
 * @see Chen, Ye, "Projection onto a simplex", arXiv:1101.6081
 */
export function projectOntoSimplex(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => b - a);
  let sum = 0;
  let shift = 0;
  for (const [at, value] of sorted.entries()) {
    sum += value;
    shift = (sum - 1) / (at + 1);
    if (shift >= (sorted[at + 1] ?? Number.NEGATIVE_INFINITY)) break;
  }
  return values.map((value) => Math.max(value - shift, 0));
}

/**
 * Learn2Adapt for low latency: online convex optimisation over a probability for each rendition, which learns to keep latency
 * (download time plus buffer) low without knowing the network's statistics. Made for live streams with one or two s of
 * buffer; with a large buffer it does not use it.
 *
 * Follows dash.js L2ARule. Differences: bitrate and throughput have the same unit in the multiplier's update (dash.js 5 divides
 * bit/s by kbit/s there); what is learnt changes in `observe`, not when asked.
 *
 * @throws RangeError if an option is not > 0
 * @see Karagkioules, Mekuria, Griffioen, Wagenaar, "Online Learning for Low-Latency Adaptive Streaming" (MMSys 2020),
 * doi 10.1145/3339825.3397042
 */
export function l2a(options: L2aOptions = {}): AbrStrategy {
  const { horizon = 4, caution = 0.99, react = 2, bufferTarget = 1.5, safety = 0.9 } = options;
  for (const [name, value] of Object.entries({ horizon, caution, react, bufferTarget, safety })) {
    if (!(value > 0)) throw new RangeError(`${name} must be > 0, got ${value}`);
  }
  const cautious = horizon ** caution;
  const alpha = Math.max(horizon, cautious * Math.sqrt(horizon));
  const cached = rungsCache();
  const memory = sessionMemory();
  let learnt: Learnt | null = null;
  let lastThroughput: number | null = null;

  const certain = (rungs: Rungs, rung: number): Learnt => ({
    weights: rungs.bitrate.map((_, at) => (at === rung ? 1 : 0)),
    multiplier: cautious,
  });

  const starting = (context: AbrContext, rungs: Rungs, estimate: number) => {
    const spent = estimate * safety;
    let rung = 0;
    while (rung + 1 < rungs.bitrate.length && (rungs.bitrate[rung + 1] ?? 0) <= spent) rung += 1;
    const primed = context.bufferLevel >= bufferTarget && memory.segmentDuration() !== null;
    return { rung, next: primed ? certain(rungs, rung) : null };
  };

  const learning = (context: AbrContext, rungs: Rungs, before: Learnt, throughput: number) => {
    const { playbackRate, segment } = context;
    const { bitrate } = rungs;
    const step = (segment.duration / (2 * alpha)) * (before.multiplier + cautious);
    const moved = bitrate.map((rate, at) => {
      const load = (playbackRate * rate) / throughput;
      return (before.weights[at] ?? 0) + (load > 1 ? -1 : 1) * step * load;
    });
    const weights = projectOntoSimplex(moved);
    let mean = 0;
    for (const [at, rate] of bitrate.entries()) mean += rate * (weights[at] ?? 0);
    const drift = segment.duration * ((playbackRate * mean) / throughput - 1);
    const multiplier = Math.max(0, before.multiplier + drift);
    let rung = 0;
    for (const [at, rate] of bitrate.entries()) {
      if (Math.abs(rate - mean) < Math.abs((bitrate[rung] ?? 0) - mean)) rung = at;
    }
    // Up one rung at a time, where the throughput allows that one.
    const from = rungAt(rungs, context.current);
    if (rung > from && (bitrate[from + 1] ?? Number.POSITIVE_INFINITY) <= throughput) rung = from + 1;
    const over = (bitrate[rung] ?? 0) >= throughput;
    return { rung, next: { weights, multiplier: over ? react * Math.max(cautious, multiplier) : multiplier } };
  };

  const plan = (context: AbrContext): { readonly rung: number; readonly next: Learnt | null } => {
    const rungs = cached(context.ladder, context.candidates);
    if (context.throughput === null || lastThroughput === null) return { rung: 0, next: learnt };
    if (learnt === null) return starting(context, rungs, context.throughput);
    const known =
      learnt.weights.length === rungs.bitrate.length ? learnt : certain(rungs, rungAt(rungs, context.current));
    return learning(context, rungs, known, Math.max(lastThroughput, 1000));
  };

  const observe = (event: PlaybackEvent): void => {
    memory.observe(event);
    if (event.type === 'sessionStart' || event.type === 'seeking') learnt = null;
    if (event.type === 'sessionStart') lastThroughput = null;
    const sample = event.type === 'request' && event.outcome === 'ok' ? toSample(event, 0) : null;
    if (sample !== null) lastThroughput = sample.throughput;
    if (event.type !== 'decision' || event.trigger === 'abandon') return;
    const context = memory.contextOf(event);
    if (context !== null) learnt = plan(context).next;
  };

  return {
    name: 'l2a',
    observe,
    decide(context) {
      const { rung } = plan(context);
      const reason =
        learnt === null
          ? 'until the buffer is primed: by throughput'
          : `learnt: nearest to the mean of its probabilities (multiplier ${learnt.multiplier.toFixed(1)})`;
      return { index: context.candidates[rung] ?? 0, reason };
    },
  };
}
