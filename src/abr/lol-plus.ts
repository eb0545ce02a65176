import { type Rungs, rungAt, rungsCache } from './rungs.ts';
import { sessionMemory } from './session-memory.ts';
import type { AbrContext, AbrStrategy } from './strategy.ts';

/** Options of {@link lolPlus}; the values of the authors' implementation in dash.js are the defaults. */
export interface LolPlusOptions {
  /** s behind the live edge that weights are sought for. Default 1.5. */
  readonly targetLatency?: number;
  /** s of buffer not to fall under. Default 0.3. */
  readonly minimumBuffer?: number;
  /** Share of the estimated throughput that is believed. Default 0.9. */
  readonly safety?: number;
  /** Seed of the random points that the first weights are taken from. Default 1. */
  readonly seed?: number;
}

/** What a neuron stands for: throughput (normalised), latency, rebuffering, switching. */
type Features = readonly [number, number, number, number];

/** The self-organising map: a neuron for each rung, and the weights of its distance. */
interface Som {
  readonly neurons: readonly Features[];
  readonly weights: Features;
  readonly latency: number;
}

/** s of latency that count as 1. */
const LATENCY_SCALE = 100;
/** bits/s that a rendition must leave of the throughput. */
const THROUGHPUT_MARGIN = 10_000;
const LEARNING_RATE = 0.01;
const NEIGHBOURHOOD = 0.1;
/** Weight on throughput that drives the choice down. */
const DOWN_WEIGHT = 100;
/** Ends of the weights that are tried: 0.2, 0.4 … 1 for each of the four features. */
const LIGHTEST = 0.2;
const HEAVIEST = 1;
/** Penalties of the QoE that weights are chosen by: s of latency up to which it is mild, and shares of the ladder's ends. */
const MILD_LATENCY = 1.1;

const distance = (a: Features, b: Features, weights: Features): number => {
  let sum = 0;
  for (let at = 0; at < 4; at += 1) sum += (weights[at] ?? 0) * ((a[at] ?? 0) - (b[at] ?? 0)) ** 2;
  return Math.sqrt(sum);
};

/**
 * Low-on-latency+: a self-organising map with a neuron for each rendition learns which is nearest to the ideal (all the
 * throughput, no latency, no stall, no switch), under weights that are chosen anew for each segment by the QoE they promise.
 * Made for live streams of low latency.
 *
 * Follows dash.js LoLPRule with its dynamic weights. Differences: the random points of the first weights come from a seed; of the
 * 625 weight vectors the best is written down (the QoE looks at two of the weights, and falls with neither), not searched for; latency is that of the last `sample`
 * fact; learning happens in `observe`; playback-rate control (part of the paper) belongs to the engine.
 *
 * @throws RangeError if an option is out of its range
 * @see Bentaleb, Akcay, Lim, Begen, Zimmermann, "Catching the Moment with LoL+ in Twitch-Like Low-Latency Live Streaming
 * Platforms" (IEEE Transactions on Multimedia 2022), doi 10.1109/TMM.2021.3079288
 */
export function lolPlus(options: LolPlusOptions = {}): AbrStrategy {
  const { targetLatency = 1.5, minimumBuffer = 0.3, safety = 0.9, seed = 1 } = options;
  for (const [name, value] of Object.entries({ targetLatency, safety })) {
    if (!(value > 0)) throw new RangeError(`${name} must be > 0, got ${value}`);
  }
  if (!(minimumBuffer >= 0)) throw new RangeError(`minimumBuffer must be >= 0 s, got ${minimumBuffer}`);
  const cached = rungsCache();
  const memory = sessionMemory();
  let som: Som | null = null;
  let liveLatency: number | null = null;

  const plan = (context: AbrContext): { readonly rung: number; readonly next: Som | null } => {
    const rungs = cached(context.ladder, context.candidates);
    if (context.throughput === null) return { rung: 0, next: som };
    const known = som !== null && som.neurons.length === rungs.bitrate.length ? som : firstMap(rungs, seed);
    const throughput = context.throughput * safety;
    const from = rungAt(rungs, context.current);
    const nextBuffer = (rung: number): number => bufferAfter(context, rungs.bitrate[rung] ?? 0, throughput);
    const time = ((rungs.bitrate[from] ?? 0) * context.segment.duration) / throughput;
    if (context.bufferLevel - time < minimumBuffer) return { rung: downFrom(rungs, from, throughput), next: known };
    const weights = weightsFor(context, rungs, known, throughput, nextBuffer) ?? known.weights;
    const scale = scaleOf(rungs);
    const ideal: Features = [normalised(throughput / scale, known), 0, 0, 0];
    let rung = 0;
    let nearest = Number.POSITIVE_INFINITY;
    for (const [at, neuron] of known.neurons.entries()) {
      const tooHigh = (rungs.bitrate[at] ?? 0) > throughput - THROUGHPUT_MARGIN || nextBuffer(at) < minimumBuffer;
      const [, ...others] = weights;
      const away = distance(neuron, ideal, tooHigh && at > 0 ? [DOWN_WEIGHT, ...others] : weights);
      if (away < nearest) {
        nearest = away;
        rung = at;
      }
    }
    const change = Math.abs((rungs.bitrate[from] ?? 0) - (rungs.bitrate[rung] ?? 0)) / scale;
    const stall = Math.max(0, time - context.bufferLevel);
    const latency = (liveLatency ?? 0) / LATENCY_SCALE;
    const punished = learn(known.neurons, from, [ideal[0], latency, stall, change]);
    const neurons = learn(punished, rung, [ideal[0], 0, 0, change]);
    return { rung, next: { neurons, weights, latency: liveLatency ?? 0 } };
  };

  /** The weights with the best promised QoE; null if the latency or every buffer is out of bounds. */
  const weightsFor = (
    context: AbrContext,
    rungs: Rungs,
    map: Som,
    throughput: number,
    nextBuffer: (rung: number) => number,
  ): Features | null => {
    const latency = liveLatency ?? 0;
    if (latency > targetLatency + Math.abs(latency - map.latency)) return null;
    let best = Number.NEGATIVE_INFINITY;
    let chosen: Features | null = null;
    for (const [at, neuron] of map.neurons.entries()) {
      const buffer = nextBuffer(at);
      if (buffer < minimumBuffer) continue;
      const bitrate = rungs.bitrate[at] ?? 0;
      const stall = Math.max(0.00001, (bitrate * context.segment.duration) / throughput - buffer);
      // A heavier weight makes less of what it stands for, and there always is some stall: so its best weight is the heaviest.
      // Latency of none is the same with every weight: the first is taken.
      const latencyWeight = neuron[1] > 0 ? HEAVIEST : LIGHTEST;
      const qoe = promisedQoe(context, rungs, bitrate, stall / HEAVIEST, neuron[1] / latencyWeight);
      if (qoe > best) {
        best = qoe;
        chosen = [LIGHTEST, latencyWeight, HEAVIEST, LIGHTEST];
      }
    }
    return chosen;
  };

  return {
    name: 'lolPlus',
    observe(event) {
      memory.observe(event);
      if (event.type === 'sessionStart') {
        som = null;
        liveLatency = null;
      } else if (event.type === 'sample') liveLatency = event.latency;
      else if (event.type === 'decision' && event.trigger !== 'abandon') {
        const context = memory.contextOf(event);
        if (context !== null) som = plan(context).next;
      }
    },
    decide(context) {
      const { rung } = plan(context);
      const reason =
        context.throughput === null
          ? 'no throughput estimate yet: lowest'
          : `nearest neuron at ${Math.round(context.throughput * safety * 1e-4) / 100} Mbit/s`;
      return { index: context.candidates[rung] ?? 0, reason };
    },
  };
}

/** The length of the bitrates taken as a vector: what throughputs are divided by. */
function scaleOf({ bitrate }: Rungs): number {
  return Math.sqrt(bitrate.reduce((sum, rate) => sum + rate * rate, 0));
}

/** A throughput above what the map knows counts as the most it knows. */
function normalised(throughput: number, { neurons }: Som): number {
  return throughput > 1 ? Math.max(...neurons.map(([known]) => known)) : throughput;
}

/** s of buffer after a segment of this bitrate, as LoL+ reckons it. */
function bufferAfter({ bufferLevel, segment }: AbrContext, bitrate: number, throughput: number): number {
  const time = (bitrate * segment.duration) / throughput;
  return time > segment.duration ? bufferLevel - segment.duration : bufferLevel + segment.duration - time;
}

/** The highest rung under `from` that the throughput exceeds; `from` itself if none does. */
function downFrom({ bitrate }: Rungs, from: number, throughput: number): number {
  for (let rung = from - 1; rung >= 0; rung -= 1) if (throughput > (bitrate[rung] ?? 0)) return rung;
  return from;
}

/** LoL+'s QoE of one segment, in kbit/s: bitrate × duration less stalling, latency and playback speed. */
function promisedQoe(
  { segment, playbackRate }: AbrContext,
  rungs: Rungs,
  bitrate: number,
  stall: number,
  latency: number,
): number {
  const lowest = rungs.kbps[0] ?? 0;
  const highest = rungs.kbps[rungs.kbps.length - 1] ?? 0;
  const perSecond = latency <= MILD_LATENCY ? lowest * 0.05 : highest * 0.1;
  return (
    (segment.duration * bitrate) / 1000 - highest * stall - perSecond * latency - lowest * Math.abs(1 - playbackRate)
  );
}

/** Draws every neuron to `features`, the more the nearer it is to the winner. */
function learn(neurons: readonly Features[], winner: number, features: Features): readonly Features[] {
  const centre = neurons[winner] ?? features;
  return neurons.map((neuron): Features => {
    const near = Math.exp(-(distance(neuron, centre, [1, 1, 1, 1]) ** 2) / (2 * NEIGHBOURHOOD ** 2));
    const drawn = (at: 0 | 1 | 2 | 3): number => neuron[at] + (features[at] - neuron[at]) * LEARNING_RATE * near;
    return [drawn(0), drawn(1), drawn(2), drawn(3)];
  });
}

/** Numbers within 0…1 from a seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A map before any segment; its weights are the last of k-means++ centres among random points, sorted from the least similar. */
function firstMap(rungs: Rungs, seed: number): Som {
  const scale = scaleOf(rungs);
  const neurons = rungs.bitrate.map((bitrate): Features => [bitrate / scale, 0, 0, 0]);
  const random = seeded(seed);
  const most = Math.max(...neurons.map(([throughput]) => throughput));
  const points = Array.from(
    { length: rungs.bitrate.length ** 2 },
    (): Features => [random() * most, random(), random(), random()],
  );
  const equal: Features = [1, 1, 1, 1];
  const centres: Features[] = points.slice(0, 1);
  const toNearest = (point: Features): number => Math.min(...centres.map((centre) => distance(point, centre, equal)));
  while (centres.length < rungs.bitrate.length) {
    const distances = points.map(toNearest);
    centres.push(points[distances.indexOf(Math.max(...distances))] ?? equal);
  }
  const total = (centre: Features): number => centres.reduce((sum, other) => sum + distance(centre, other, equal), 0);
  const totals = centres.map(total);
  const first = centres[totals.indexOf(Math.max(...totals))] ?? equal;
  const others = centres
    .filter((centre) => centre !== first)
    .sort((a, b) => distance(first, a, equal) - distance(first, b, equal));
  return { neurons, weights: others.at(-1) ?? first, latency: 0 };
}
