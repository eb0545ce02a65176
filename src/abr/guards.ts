import type { PlaybackEvent } from '../media/playback-event.ts';
import { type AbrContext, type AbrDecision, type AbrStrategy, nearestCandidate } from './strategy.ts';

/** The highest rendition a guard allows, and why in words. */
export interface GuardLimit {
  readonly index: number;
  readonly reason: string;
}

/** A rule beside a strategy that may hold its choice down, never up. Memory changes only in `observe`, as a strategy's. */
export interface AbrGuard {
  readonly name: string;
  observe?(event: PlaybackEvent): void;
  /** null where it has nothing against the decision. */
  limit(context: AbrContext, decision: AbrDecision): GuardLimit | null;
}

/**
 * A strategy whose choices the guards may lower, each in turn; the lowest limit holds and says why. The strategy sees what was
 * chosen in the end, as it sees caps.
 */
export function guarded(strategy: AbrStrategy, guards: readonly AbrGuard[]): AbrStrategy {
  const { abandon } = strategy;
  const held = (context: AbrContext, decision: AbrDecision): AbrDecision => {
    let held = decision;
    for (const guard of guards) {
      const limit = guard.limit(context, held);
      if (limit === null || limit.index >= held.index) continue;
      const index = nearestCandidate(context.candidates, limit.index);
      held = { ...held, index, reason: `${held.reason}; ${guard.name}: ${limit.reason}` };
    }
    return held;
  };
  return {
    name: [strategy.name, ...guards.map(({ name }) => name)].join('+'),
    observe(event) {
      strategy.observe?.(event);
      for (const guard of guards) guard.observe?.(event);
    },
    decide: (context) => held(context, strategy.decide(context)),
    ...(abandon === undefined ? {} : { abandon: (context, progress) => abandon.call(strategy, context, progress) }),
  };
}

/** Options of {@link insufficientBuffer}: share of the throughput counted on, and segments after a start or seek that are let pass. */
export interface InsufficientBufferOptions {
  readonly safety?: number;
  readonly ignoreSegments?: number;
}

/**
 * Nothing that would take longer to arrive than is buffered, at 70 % of the throughput; the lowest while the buffer is empty.
 *
 * @see dash.js InsufficientBufferRule, whose defaults these are
 */
export function insufficientBuffer(options: InsufficientBufferOptions = {}): AbrGuard {
  const { safety = 0.7, ignoreSegments = 2 } = options;
  if (!(safety > 0)) throw new RangeError(`safety must be > 0, got ${safety}`);
  let ignore = ignoreSegments;
  return {
    name: 'insufficientBuffer',
    observe(event) {
      if (event.type === 'sessionStart' || event.type === 'seeking') ignore = ignoreSegments;
      else if (event.type === 'buffered' && event.rendition !== null && ignore > 0) ignore -= 1;
    },
    limit({ ladder, candidates, throughput, bufferLevel, segment }) {
      if (ignore > 0 || throughput === null) return null;
      const affordable = (throughput * safety * bufferLevel) / segment.duration;
      let index = candidates[0] ?? 0;
      for (const candidate of candidates) if ((ladder[candidate]?.bitrate ?? 0) <= affordable) index = candidate;
      return { index, reason: `${bufferLevel.toFixed(1)} s of buffer outlast ${(affordable / 1e6).toFixed(2)} Mbit/s` };
    },
  };
}

/** Options of {@link switchHistory}: decisions remembered, and the ratio of drops to others that is too much. */
export interface SwitchHistoryOptions {
  readonly sampleSize?: number;
  readonly threshold?: number;
}

/**
 * No rendition that was lately left downwards too often: of the last 8 decisions, more than 7.5 drops for every 100 others.
 *
 * @see dash.js SwitchHistoryRule, whose defaults these are
 */
export function switchHistory(options: SwitchHistoryOptions = {}): AbrGuard {
  const { sampleSize = 8, threshold = 0.075 } = options;
  if (!(Number.isInteger(sampleSize) && sampleSize > 0)) {
    throw new RangeError(`sampleSize must be a whole number > 0, got ${sampleSize}`);
  }
  if (!(threshold > 0)) throw new RangeError(`threshold must be > 0, got ${threshold}`);
  const history: { readonly from: number; readonly dropped: boolean }[] = [];
  return {
    name: 'switchHistory',
    observe(event) {
      if (event.type === 'sessionStart') history.length = 0;
      if (event.type !== 'decision' || event.from === null || event.trigger === 'selection') return;
      history.push({ from: event.from, dropped: event.index < event.from });
      if (history.length > sampleSize) history.shift();
    },
    limit({ candidates }) {
      let drops = 0;
      let others = 0;
      for (const [at, candidate] of candidates.entries()) {
        const here = history.filter(({ from }) => from === candidate);
        const dropped = here.filter((entry) => entry.dropped).length;
        if (here.length === 0) continue;
        drops += dropped;
        others += here.length - dropped;
        if (drops + others < sampleSize || drops / others <= threshold) continue;
        const index = dropped > 0 && at > 0 ? (candidates[at - 1] ?? candidate) : candidate;
        return { index, reason: `${drops} drops in the last ${drops + others} decisions` };
      }
      return null;
    },
  };
}

/** Options of {@link droppedFrames}: frames shown before it judges, and the share of dropped ones that is too much. */
export interface DroppedFramesOptions {
  readonly minimumFrames?: number;
  readonly threshold?: number;
}

/**
 * Nothing at or above a rendition of whose frames more than 15 % were dropped: the device cannot keep up with it.
 *
 * @see dash.js DroppedFramesRule, whose defaults these are
 */
export function droppedFrames(options: DroppedFramesOptions = {}): AbrGuard {
  const { minimumFrames = 375, threshold = 0.15 } = options;
  if (!(minimumFrames >= 0)) throw new RangeError(`minimumFrames must be >= 0, got ${minimumFrames}`);
  if (!(threshold > 0 && threshold < 1)) throw new RangeError(`threshold must be within 0…1, got ${threshold}`);
  const frames = new Map<number, { dropped: number; total: number }>();
  let shown: number | null = null;
  let before = { dropped: 0, total: 0 };
  return {
    name: 'droppedFrames',
    observe(event) {
      if (event.type === 'sessionStart') {
        frames.clear();
        shown = null;
        before = { dropped: 0, total: 0 };
      } else if (event.type === 'renditionChange') shown = event.index;
      else if (event.type === 'sample') {
        const now = { dropped: event.droppedFrames, total: event.totalFrames };
        if (shown !== null && now.total >= before.total) {
          const sum = frames.get(shown) ?? { dropped: 0, total: 0 };
          sum.dropped += now.dropped - before.dropped;
          sum.total += now.total - before.total;
          frames.set(shown, sum);
        }
        before = now;
      }
    },
    limit({ candidates }) {
      for (const [at, candidate] of candidates.entries()) {
        const { dropped, total } = frames.get(candidate) ?? { dropped: 0, total: 0 };
        if (at === 0 || total <= minimumFrames || dropped / total <= threshold) continue;
        const share = Math.round((100 * dropped) / total);
        return { index: candidates[at - 1] ?? 0, reason: `${share} % of the frames at ${candidate} were dropped` };
      }
      return null;
    },
  };
}

/**
 * No step up with less than `seconds` of buffer, once playback runs: a step up costs time to arrive, and an empty buffer has none.
 *
 * @param seconds s, default 8
 */
export function minimumBuffer(seconds = 8): AbrGuard {
  if (!(seconds >= 0)) throw new RangeError(`seconds must be >= 0, got ${seconds}`);
  return {
    name: 'minimumBuffer',
    limit({ current, phase, bufferLevel }, { index }) {
      if (current === null || phase !== 'steady' || index <= current || bufferLevel >= seconds) return null;
      return { index: current, reason: `no step up with ${bufferLevel.toFixed(1)} s of buffer` };
    },
  };
}
