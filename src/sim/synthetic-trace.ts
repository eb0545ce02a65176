import type { NetworkPeriod, NetworkTrace } from './network-trace.ts';
import { type Random, random, seedOf } from './random.ts';

/** One state of a network that is made up: while in it, bandwidth wanders around a middle. */
export interface NetworkState {
  readonly name: string;
  /** Median while in this state, bits/s; 0 for an outage. */
  readonly bandwidth: number;
  /** Standard deviation of ln(bandwidth) around it. */
  readonly spread: number;
  /** s to the first byte, median. */
  readonly latency: number;
  /** Mean stay, s: exponential, so that a long stay makes the end no likelier. */
  readonly stay: number;
  /** Shortest stay, s, added to it. Default 0. */
  readonly leastStay?: number;
  /** How likely each state is to follow, by its index; its own is not looked at. */
  readonly next: readonly number[];
}

/** A Markov chain of network states. */
export interface MarkovNetwork {
  readonly states: readonly NetworkState[];
  /** How likely the trace is to begin in each. */
  readonly start: readonly number[];
  /** Standard deviation, among traces, of ln of a factor on all bandwidths: how unlike one another the viewers' links are. */
  readonly variety: number;
  /** How much of one period's deviation is left in the next, 0…1: 0 is white noise. */
  readonly persistence: number;
}

/** Options of {@link markovTrace}. Times in s. */
export interface MarkovOptions {
  readonly seed: number;
  /** Default 600. */
  readonly duration?: number;
  /** Of each period. Default 1. */
  readonly period?: number;
}

/** The kinds of network that {@link syntheticTrace} makes. */
export const SYNTHETIC_KINDS = ['stable', 'cellular', 'train', 'cliff', 'evening'] as const;

/** A kind of network that {@link syntheticTrace} makes. */
export type SyntheticKind = (typeof SYNTHETIC_KINDS)[number];

const Mbps = 1e6;

/** In words, for whoever chooses among them. */
export const SYNTHETIC_NOTES: Readonly<Record<SyntheticKind, string>> = {
  stable: 'a wired home: the middle differs from home to home, little else changes',
  cellular: 'a walk through cells: strong, fair and weak, some seconds each, and short losses of signal',
  train: 'a train: fields, embankments and tunnels in which nothing arrives for 5 to 40 s',
  cliff: 'a good link that falls to a tenth within a second, and comes back',
  evening: 'a shared line filling up: capacity goes by steps, latency grows, now and then a minute of congestion',
};

/**
 * The chains behind {@link SYNTHETIC_KINDS}. The numbers are made up to cover what players meet, from 0 to some 40 Mbit/s; they are
 * fitted to no data set, so for claims about real networks use recorded traces.
 */
export const SYNTHETIC_NETWORKS: Readonly<Record<SyntheticKind, MarkovNetwork>> = {
  stable: {
    variety: 0.7,
    persistence: 0.8,
    start: [1],
    states: [{ name: 'steady', bandwidth: 5 * Mbps, spread: 0.08, latency: 0.025, stay: 600, next: [0] }],
  },
  cellular: {
    variety: 0.4,
    persistence: 0.7,
    start: [3, 4, 2, 0],
    states: [
      { name: 'strong', bandwidth: 9 * Mbps, spread: 0.3, latency: 0.04, stay: 20, leastStay: 4, next: [0, 6, 1, 0] },
      { name: 'fair', bandwidth: 3.5 * Mbps, spread: 0.4, latency: 0.06, stay: 15, leastStay: 3, next: [4, 0, 4, 0] },
      { name: 'weak', bandwidth: 0.9 * Mbps, spread: 0.5, latency: 0.12, stay: 10, leastStay: 2, next: [1, 6, 0, 1.5] },
      { name: 'lost', bandwidth: 0, spread: 0, latency: 0.3, stay: 2, leastStay: 1, next: [0, 1, 3, 0] },
    ],
  },
  train: {
    variety: 0.35,
    persistence: 0.6,
    start: [3, 2, 0],
    states: [
      { name: 'field', bandwidth: 6 * Mbps, spread: 0.5, latency: 0.07, stay: 25, leastStay: 5, next: [0, 5, 2] },
      {
        name: 'embankment',
        bandwidth: 1.4 * Mbps,
        spread: 0.6,
        latency: 0.12,
        stay: 12,
        leastStay: 3,
        next: [5, 0, 2],
      },
      { name: 'tunnel', bandwidth: 0, spread: 0, latency: 0.3, stay: 8, leastStay: 5, next: [2, 3, 0] },
    ],
  },
  cliff: {
    variety: 0.3,
    persistence: 0.5,
    start: [1, 0],
    states: [
      { name: 'above', bandwidth: 7 * Mbps, spread: 0.12, latency: 0.03, stay: 30, leastStay: 20, next: [0, 1] },
      { name: 'below', bandwidth: 0.7 * Mbps, spread: 0.15, latency: 0.06, stay: 20, leastStay: 15, next: [1, 0] },
    ],
  },
  evening: {
    variety: 0.4,
    persistence: 0.85,
    start: [2, 1, 0, 0],
    states: [
      { name: 'quiet', bandwidth: 10 * Mbps, spread: 0.15, latency: 0.03, stay: 80, leastStay: 20, next: [0, 1, 0, 0] },
      { name: 'busy', bandwidth: 5 * Mbps, spread: 0.25, latency: 0.06, stay: 60, leastStay: 15, next: [1, 0, 3, 0.5] },
      {
        name: 'full',
        bandwidth: 2.2 * Mbps,
        spread: 0.3,
        latency: 0.11,
        stay: 50,
        leastStay: 10,
        next: [0, 2, 0, 1.5],
      },
      { name: 'jammed', bandwidth: 0.6 * Mbps, spread: 0.4, latency: 0.25, stay: 15, leastStay: 5, next: [0, 0, 1, 0] },
    ],
  },
};

/** Longest stay, in mean stays: a tunnel has an end. */
const LONGEST_STAY = 4;

/**
 * A trace of a Markov chain: the same for the same seed, in whole kbit/s and ms so that it is the same in every JavaScript
 * engine, and never without a bit to give.
 *
 * @throws RangeError if a duration is not > 0, a chain has no states or a state's numbers are out of their range
 */
export function markovTrace(id: string, network: MarkovNetwork, options: MarkovOptions): NetworkTrace {
  const { seed, duration = 600, period = 1 } = options;
  checkNetwork(network);
  if (!(period > 0)) throw new RangeError(`period must be > 0 s, got ${period}`);
  if (!(duration >= period)) throw new RangeError(`duration must be at least a period (${period} s), got ${duration}`);
  const chance = random(seed);
  const scale = Math.exp(network.variety * chance.normal());
  const inertia = Math.sqrt(1 - network.persistence ** 2);
  const periods: NetworkPeriod[] = [];
  let at = chance.pick(network.start);
  let left = stayIn(network.states[at], chance);
  let deviation = chance.normal();
  for (let index = 0; index < Math.floor(duration / period + 1e-9); index += 1) {
    const state = network.states[at] as NetworkState;
    deviation = network.persistence * deviation + inertia * chance.normal();
    const kbps = (state.bandwidth * scale * Math.exp(state.spread * deviation)) / 1000;
    const latencyMs = state.latency * 1000 * Math.exp(0.15 * chance.normal());
    periods.push({ duration: period, bandwidth: Math.round(kbps) * 1000, latency: Math.round(latencyMs) / 1000 });
    left -= period;
    if (left > 0) continue;
    at = nextState(network, at, chance);
    left = stayIn(network.states[at], chance);
  }
  return { id, periods: periods.some(({ bandwidth }) => bandwidth > 0) ? periods : withALastBit(periods, network) };
}

/** A chance-made trace of outage alone would never end a session. */
function withALastBit(periods: NetworkPeriod[], { states }: MarkovNetwork): NetworkPeriod[] {
  const most = Math.max(...states.map(({ bandwidth }) => bandwidth));
  return periods.map((period, index) => (index === periods.length - 1 ? { ...period, bandwidth: most } : period));
}

function stayIn(state: NetworkState | undefined, chance: Random): number {
  if (state === undefined) return 0;
  return (state.leastStay ?? 0) + state.stay * Math.min(chance.exponential(), LONGEST_STAY);
}

function nextState({ states }: MarkovNetwork, at: number, chance: Random): number {
  const weights = states.map((_, index) => (index === at ? 0 : (states[at]?.next[index] ?? 0)));
  return weights.some((weight) => weight > 0) ? chance.pick(weights) : at;
}

function checkNetwork({ states, start, persistence, variety }: MarkovNetwork): void {
  if (!states.some(({ bandwidth }) => bandwidth > 0)) {
    throw new RangeError('states must have one with bandwidth > 0 bits/s, got none');
  }
  if (start.length !== states.length) {
    throw new RangeError(`start must have one weight for each of ${states.length} states, got ${start.length}`);
  }
  if (!(persistence >= 0 && persistence < 1)) {
    throw new RangeError(`persistence must be at least 0 and under 1, got ${persistence}`);
  }
  if (!(variety >= 0)) throw new RangeError(`variety must be at least 0, got ${variety}`);
  for (const [index, { bandwidth, spread, latency, stay }] of states.entries()) {
    for (const [name, value] of Object.entries({ bandwidth, spread, latency, stay })) {
      if (!(value >= 0 && Number.isFinite(value))) {
        throw new RangeError(`states[${index}].${name} must be at least 0, got ${value}`);
      }
    }
  }
}

/** Options of {@link syntheticTrace} and {@link syntheticTraces}: `seed` is a whole number, default 1; `duration` is s, default 600. */
export interface SyntheticOptions {
  readonly seed?: number;
  readonly duration?: number;
}

/**
 * A made-up network of one of the kinds that come with Sluice.
 *
 * @throws RangeError if there is no such kind, or a number is out of its range
 */
export function syntheticTrace(kind: SyntheticKind, options: SyntheticOptions = {}): NetworkTrace {
  const { seed = 1, duration = 600 } = options;
  if (!Object.hasOwn(SYNTHETIC_NETWORKS, kind)) {
    throw new RangeError(`kind must be one of ${SYNTHETIC_KINDS.join(', ')}, got '${kind}'`);
  }
  return markovTrace(`${kind}-${seed}`, SYNTHETIC_NETWORKS[kind], { seed: seedOf(kind, seed), duration });
}

/**
 * A set of them: seeds `seed`, `seed` + 1, … The first 20 of each kind are the sets that Sluice's own documents use.
 *
 * @throws RangeError as {@link syntheticTrace}, or if count is not a whole number > 0
 */
export function syntheticTraces(kind: SyntheticKind, count = 20, options: SyntheticOptions = {}): NetworkTrace[] {
  if (!(Number.isInteger(count) && count > 0)) throw new RangeError(`count must be a whole number > 0, got ${count}`);
  const { seed = 1 } = options;
  return Array.from({ length: count }, (_, index) => syntheticTrace(kind, { ...options, seed: seed + index }));
}
