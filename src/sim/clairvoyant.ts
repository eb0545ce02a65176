import type { AbrStrategy } from '../abr/strategy.ts';
import { LabelFront } from './label-front.ts';
import { linearQoe } from './linear-qoe.ts';
import type { Movie } from './movie.ts';
import { toMs } from './network.ts';
import type { NetworkTrace } from './network-trace.ts';
import { type PlayerProfile, sabre } from './profile.ts';
import { type TraceCurve, traceCurve } from './trace-curve.ts';

/** The best play of a movie over a trace that is known beforehand. Times in s. */
export interface ClairvoyantPlan {
  /** Rendition of each segment, in order. */
  readonly levels: readonly number[];
  readonly linearQoe: number;
  readonly startupTime: number;
  readonly stallTime: number;
}

/** What {@link clairvoyant} plans for. */
export interface ClairvoyantOptions {
  readonly movie: Movie;
  readonly trace: NetworkTrace;
  /** Where its buffer ends; its overhead is left out, so that no player of its kind can do better. Default {@link sabre}. */
  readonly profile?: PlayerProfile;
  /** s; default the profile's. */
  readonly bufferTarget?: number;
}

/** How finely plans are told apart: ms of arrival, ms of waiting, and how many steps of waiting. */
interface Resolution {
  readonly arrivalMs: number;
  readonly waitingMs: number;
}

/** First a look at everything, then a close look around what it found. */
const WIDE: Resolution = { arrivalMs: 50, waitingMs: 50 };
const CLOSE: Resolution = { arrivalMs: 5, waitingMs: 2 };
/** Steps of waiting that are told apart, and where among them the plan found first lies in the second look. */
const WAITING_STEPS = 128;
const MIDDLE_STEP = 48;

/** Numbers of the movie and the player as the search needs them, times in ms. */
interface Problem {
  readonly curve: TraceCurve;
  /** Mbit/s of each rendition; what one ms of waiting costs. */
  readonly quality: Float64Array;
  readonly waitCost: number;
  /** `bits[segment][rendition]`; media time at which each segment starts; when its request may leave, less waiting before it. */
  readonly bits: readonly (readonly number[])[];
  readonly startsMs: readonly number[];
  readonly earliestMs: readonly number[];
}

/** A plan found: levels, and the waiting (start-up and stalls) there has been when each segment arrives. */
interface Found {
  readonly levels: number[];
  readonly waitedMs: Float64Array;
}

/**
 * The best linear QoE that any player could have had: dynamic programming over segments with full knowledge of the network. A
 * state is when a segment arrived, how long has been waited by then, and at which rendition; one is dropped when another
 * arrived no later, waited no longer, and is worth at least as much after a switch to its rendition. States closer than a few
 * ms count as one, so the plan is feasible and, as far as the references tell, the best to within 0.1 % of the optimum: it is
 * replayed exactly and its value is what it really gives.
 *
 * Players that give downloads up, pause, or pay for round trips on the way can only do worse. The linear QoE's own
 * weights apply: what one s of waiting costs is the ladder's top.
 *
 * @throws RangeError if the trace never lets a bit through, or the buffer is shorter than a segment
 */
export function clairvoyant(options: ClairvoyantOptions): ClairvoyantPlan {
  const { movie, profile = sabre() } = options;
  const problem = toProblem(options, profile);
  const wide = search(problem, WIDE, null);
  const close = search(problem, CLOSE, wide.waitedMs);
  const plans = [wide, close].map(({ levels }) => replayed(movie, problem, levels));
  return plans.reduce((best, plan) => (plan.linearQoe > best.linearQoe ? plan : best));
}

/** A strategy that fetches these renditions, segment by segment, whatever happens; how a plan gets into the simulator. */
export function planned(levels: readonly number[], name = 'clairvoyant'): AbrStrategy {
  return {
    name,
    decide: ({ segment, candidates }) => ({
      index: levels[segment.number ?? 0] ?? candidates[0] ?? 0,
      reason: 'as planned',
    }),
    abandon: () => null,
  };
}

function toProblem({ movie, trace, bufferTarget }: ClairvoyantOptions, profile: PlayerProfile): Problem {
  const target = bufferTarget ?? profile.bufferTarget;
  const quality = Float64Array.from(movie.ladder, ({ bitrate }) => bitrate / 1e6);
  const startsMs: number[] = [];
  let start = 0;
  for (const duration of movie.durations) {
    startsMs.push(start);
    start += toMs(duration);
  }
  const earliestMs = movie.durations.map((duration, segment) => {
    const roomMs = -profile.excess(0, toMs(duration), toMs(target));
    if (roomMs < 0) throw new RangeError(`bufferTarget must be at least a segment (${duration} s), got ${target} s`);
    return (startsMs[segment] ?? 0) - roomMs;
  });
  return {
    curve: traceCurve(trace),
    quality,
    waitCost: (quality[quality.length - 1] ?? 0) / 1000,
    bits: movie.sizes.map((row) => row.map((bytes) => bytes * 8)),
    startsMs,
    earliestMs,
  };
}

/** Exactly what the levels give. */
function replayed(movie: Movie, problem: Problem, levels: readonly number[]): ClairvoyantPlan {
  const waited = waitingOf(problem, levels);
  const startupTime = (waited[0] ?? 0) / 1000;
  const all = (waited[waited.length - 1] ?? 0) / 1000;
  return { levels, startupTime, stallTime: all - startupTime, linearQoe: linearQoe(movie.ladder, levels, all) };
}

/** ms waited by the time each segment has arrived. */
function waitingOf({ curve, bits, startsMs, earliestMs }: Problem, levels: readonly number[]): Float64Array {
  const waited = new Float64Array(levels.length);
  let arrival = 0;
  let before = 0;
  for (const [segment, level] of levels.entries()) {
    const leaves = Math.max(arrival, (earliestMs[segment] ?? 0) + before, 0);
    arrival = curve.timeOf(curve.bitsAt(curve.firstByte(leaves)) + (bits[segment]?.[level] ?? 0));
    before = Math.max(before, arrival - (startsMs[segment] ?? 0));
    waited[segment] = before;
  }
  return waited;
}

/** `around`: ms waited by a plan known already, to look closely around; null to look at everything. */
function search(problem: Problem, resolution: Resolution, around: Float64Array | null): Found {
  const { bits, quality } = problem;
  const rungs = quality.length;
  const front = new LabelFront(quality, WAITING_STEPS);
  /** Of each state of each segment: its rendition, and the state of the segment before that it comes from. */
  const renditions: Uint16Array[] = [];
  const parents: Int32Array[] = [];
  let states = firstStates(problem);
  for (let segment = 0; ; segment += 1) {
    renditions.push(states.rendition.slice(0, states.count));
    parents.push(states.parent.slice(0, states.count));
    if (segment + 1 === bits.length) break;
    const next = segment + 1;
    const origin = around === null ? states.leastWaited() : (around[next] ?? 0) - MIDDLE_STEP * resolution.waitingMs;
    front.begin(origin, resolution.waitingMs, problem.waitCost);
    states = extended(problem, next, states, front, resolution, rungs);
  }
  let at = states.best();
  const levels: number[] = [];
  for (let segment = bits.length - 1; segment >= 0; segment -= 1) {
    levels.push(renditions[segment]?.[at] ?? 0);
    at = parents[segment]?.[at] ?? 0;
  }
  levels.reverse();
  return { levels, waitedMs: waitingOf(problem, levels) };
}

/** States after one segment, ascending by arrival, as columns that grow. */
class States {
  count = 0;
  arrival: Float64Array<ArrayBuffer>;
  waited: Float64Array<ArrayBuffer>;
  /** Σ q − Σ|Δq| − cost of waiting, so far. */
  value: Float64Array<ArrayBuffer>;
  rendition: Uint16Array<ArrayBuffer>;
  parent: Int32Array<ArrayBuffer>;

  constructor(capacity: number) {
    this.arrival = new Float64Array(capacity);
    this.waited = new Float64Array(capacity);
    this.value = new Float64Array(capacity);
    this.rendition = new Uint16Array(capacity);
    this.parent = new Int32Array(capacity);
  }

  set(at: number, arrival: number, waited: number, value: number, rendition: number, parent: number): void {
    this.arrival[at] = arrival;
    this.waited[at] = waited;
    this.value[at] = value;
    this.rendition[at] = rendition;
    this.parent[at] = parent;
  }

  leastWaited(): number {
    let least = Number.POSITIVE_INFINITY;
    for (let at = 0; at < this.count; at += 1) least = Math.min(least, this.waited[at] ?? least);
    return least;
  }

  best(): number {
    let best = 0;
    for (let at = 1; at < this.count; at += 1) if ((this.value[at] ?? 0) > (this.value[best] ?? 0)) best = at;
    return best;
  }
}

function firstStates({ curve, quality, waitCost, bits }: Problem): States {
  const states = new States(quality.length);
  const begun = curve.bitsAt(curve.firstByte(0));
  const arrivals = (bits[0] ?? []).map((size, rung) => ({ rung, at: curve.timeOf(begun + size) }));
  arrivals.sort((a, b) => a.at - b.at);
  for (const { rung, at } of arrivals) {
    states.set(states.count, at, at, (quality[rung] ?? 0) - waitCost * at, rung, 0);
    states.count += 1;
  }
  return states;
}

/** Every state carried on with every rendition of a segment, less those that others make needless. */
function extended(
  problem: Problem,
  segment: number,
  from: States,
  front: LabelFront,
  resolution: Resolution,
  rungs: number,
): States {
  const { curve, quality, waitCost, bits, startsMs, earliestMs } = problem;
  const { order, leaves } = byDeparture(from, earliestMs[segment] ?? 0);
  // Columns in the order of departure: what each state brings along to every rendition.
  const flowed = new Float64Array(from.count);
  const waitedBefore = new Float64Array(from.count);
  const valueBefore = new Float64Array(from.count);
  const qualityBefore = new Float64Array(from.count);
  const apart = new Float64Array(from.count);
  const stepBefore = new Int32Array(from.count);
  for (let at = 0; at < from.count; at += 1) {
    const state = order[at] ?? 0;
    const waited = from.waited[state] ?? 0;
    const value = from.value[state] ?? 0;
    flowed[at] = curve.bitsAt(curve.firstByte(leaves[state] ?? 0));
    waitedBefore[at] = waited;
    valueBefore[at] = value;
    qualityBefore[at] = quality[from.rendition[state] ?? 0] ?? 0;
    apart[at] = front.apartFromWaiting(value, waited);
    stepBefore[at] = front.stepOf(waited);
  }
  const start = startsMs[segment] ?? 0;
  const sizes = bits[segment] ?? [];
  const each = new States(from.count * rungs);
  const ends = new Int32Array(rungs);
  // One rendition at a time: over states by departure, arrivals ascend, and whatever came before is no later.
  for (let rung = 0; rung < rungs; rung += 1) {
    const q = quality[rung] ?? 0;
    const size = sizes[rung] ?? 0;
    const first = each.count;
    front.clear();
    curve.bitsAt(leaves[order[0] ?? 0] ?? 0);
    for (let at = 0; at < from.count; at += 1) {
      const gain = q - Math.abs(q - (qualityBefore[at] ?? 0));
      if (front.beatsAnyway(0, stepBefore[at] ?? 0, (apart[at] ?? 0) + gain)) continue;
      const before = waitedBefore[at] ?? 0;
      const arrival = curve.timeOf((flowed[at] ?? 0) + size);
      const late = arrival - start;
      const stalls = late > before;
      const waited = stalls ? late : before;
      const value = (valueBefore[at] ?? 0) + gain - (stalls ? waitCost * (late - before) : 0);
      const step = stalls ? front.stepOf(waited) : (stepBefore[at] ?? 0);
      if (front.beats(0, step, value, waited)) continue;
      front.add(0, step, value, waited);
      // A state a few ms after one with as much waiting takes its place.
      const near = front.lastIn(step);
      const replaces = near >= first && arrival - (each.arrival[near] ?? 0) < resolution.arrivalMs;
      if (replaces && value <= (each.value[near] ?? 0)) continue;
      const place = replaces ? near : each.count;
      each.set(place, arrival, waited, value, rung, order[at] ?? 0);
      if (!replaces) {
        front.setLastIn(step, place);
        each.count += 1;
      }
    }
    ends[rung] = each.count;
  }
  return merged(each, ends, front, rungs);
}

/** The states of all renditions in one order of arrival, without those that another rendition's make needless. */
function merged(each: States, ends: Int32Array, front: LabelFront, rungs: number): States {
  const heads = Int32Array.from(ends, (_, rung) => (rung === 0 ? 0 : (ends[rung - 1] ?? 0)));
  const states = new States(each.count);
  front.clear();
  for (;;) {
    let rung = -1;
    let earliest = Number.POSITIVE_INFINITY;
    for (let other = 0; other < rungs; other += 1) {
      const head = heads[other] ?? 0;
      if (head < (ends[other] ?? 0) && (each.arrival[head] ?? 0) < earliest) {
        earliest = each.arrival[head] ?? 0;
        rung = other;
      }
    }
    if (rung < 0) return states;
    const at = heads[rung] ?? 0;
    heads[rung] = at + 1;
    const waited = each.waited[at] ?? 0;
    const value = each.value[at] ?? 0;
    const step = front.stepOf(waited);
    if (front.beats(rung, step, value, waited)) continue;
    states.set(states.count, earliest, waited, value, rung, each.parent[at] ?? 0);
    states.count += 1;
    front.addForAll(rung, step, value, waited);
  }
}

/** States in the order in which their next requests leave, and when that is. */
function byDeparture(states: States, earliest: number): { order: Int32Array; leaves: Float64Array } {
  const { count } = states;
  const leaves = new Float64Array(count);
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (let at = 0; at < count; at += 1) {
    const leave = Math.max(states.arrival[at] ?? 0, earliest + (states.waited[at] ?? 0));
    leaves[at] = leave;
    first = Math.min(first, leave);
    last = Math.max(last, leave);
  }
  // Into bins first, then by insertion: arrivals are sorted already, so nearly everything is in place.
  const width = Math.max((last - first) / 65_536, 1);
  const binOf = (at: number): number => Math.floor(((leaves[at] ?? 0) - first) / width);
  const bins = new Int32Array(Math.floor((last - first) / width) + 2);
  for (let at = 0; at < count; at += 1) bins[binOf(at) + 1] = (bins[binOf(at) + 1] ?? 0) + 1;
  for (let bin = 1; bin < bins.length; bin += 1) bins[bin] = (bins[bin] ?? 0) + (bins[bin - 1] ?? 0);
  const order = new Int32Array(count);
  for (let at = 0; at < count; at += 1) {
    const place = bins[binOf(at)] ?? 0;
    order[place] = at;
    bins[binOf(at)] = place + 1;
  }
  for (let at = 1; at < count; at += 1) {
    const state = order[at] ?? 0;
    const leave = leaves[state] ?? 0;
    let place = at - 1;
    for (; place >= 0 && (leaves[order[place] ?? 0] ?? 0) > leave; place -= 1) order[place + 1] = order[place] ?? 0;
    order[place + 1] = state;
  }
  return { order, leaves };
}
