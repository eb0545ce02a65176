import { measure } from './abandon-progress.ts';
import { type Rungs, rungAt, rungsCache, rungWithin, sustainableRung } from './rungs.ts';
import type { AbrContext, AbrDecision, AbrStrategy, DownloadProgress } from './strategy.ts';

/** Options of {@link throughput}. */
export interface ThroughputOptions {
  /** Share of the estimate that is spent. Default 0.9. */
  readonly safety?: number;
  /** Never ask for a segment that the buffer could not outlast. Default true. */
  readonly insufficientBuffer?: boolean;
}

/** Share of the buffered time that a download may be planned to take: from this for the first decision … */
const BUFFER_SAFETY_START = 0.9;
/** … times this with each decision … */
const BUFFER_SAFETY_DECAY = 0.9;
/** … down to this, as the estimate comes to rest on more samples and the buffer has had time to fill. */
const BUFFER_SAFETY_FLOOR = 0.5;
/** s before a download's own rate is trusted. */
const ABANDON_GRACE = 0.5;
/** Segment durations that a download may take in all. */
const ABANDON_AT = 1.8;

/**
 * The share of the buffer that the insufficient-buffer rule of Sabre spends: starts at 0.9 and falls to 0.5, a step for each
 * decision made with an estimate.
 */
export interface BufferSafety {
  value(): number;
  step(): void;
  reset(): void;
}

/** A new {@link BufferSafety}, at its start. */
export function bufferSafety(): BufferSafety {
  let safety = BUFFER_SAFETY_START;
  return {
    value: () => safety,
    step() {
      safety = Math.max(safety * BUFFER_SAFETY_DECAY, BUFFER_SAFETY_FLOOR);
    },
    reset() {
      safety = BUFFER_SAFETY_START;
    },
  };
}

/**
 * The insufficient-buffer rule: the highest rung not above `limit` whose segment, at the estimated throughput, arrives in
 * `safety` of the time that is buffered. It does not speak before playback runs: there is nothing to run dry.
 */
export function outlastedRung(context: AbrContext, rungs: Rungs, limit: number, safety: number): number {
  if (context.phase !== 'steady' || context.throughput === null) return limit;
  const bits = safety * (context.bufferLevel - (context.latency ?? 0)) * context.throughput;
  return rungWithin(rungs, limit, bits, context.segment.duration);
}

/**
 * Sabre's abandonment for throughput rules: after 0.5 s, a download that would take over 1.8 segment durations in all is
 * given up for what its own rate sustains, if that is lower and smaller than what is left.
 */
export function abandonSlow(
  context: AbrContext,
  rungs: Rungs,
  progress: DownloadProgress,
  safety: number,
): AbrDecision | null {
  const { duration } = context.segment;
  const from = rungAt(rungs, progress.index);
  const bitrate = rungs.bitrate[from] ?? 1;
  const measured = measure(progress, bitrate * duration);
  if (measured === null || progress.elapsed < ABANDON_GRACE) return null;
  const whole = progress.elapsed + measured.left / measured.rate;
  if (!(whole > ABANDON_AT * duration)) return null;
  const to = sustainableRung(rungs, measured.rate * safety, context.latency ?? 0, duration);
  const size = (measured.size * (rungs.bitrate[to] ?? 0)) / bitrate;
  if (to >= from || size >= measured.left) return null;
  return {
    index: rungs.index[to] ?? 0,
    reason: `would take ${whole.toFixed(1)} s at ${(measured.rate / 1e6).toFixed(2)} Mbit/s, over ${ABANDON_AT} × ${duration} s`,
  };
}

/**
 * The highest rendition whose segment, at a share of the estimated throughput and after the wait for its first byte,
 * arrives within its own duration, and (insufficient-buffer rule) before the buffer runs dry. Without an estimate, the lowest.
 *
 * Follows ThroughputRule of Sabre and dash.js. Differences: the insufficient-buffer rule waits for playback to run.
 *
 * @throws RangeError if safety is not within 0…1
 * @see Spiteri, Sitaraman, Sparacio, "From Theory to Practice: Improving Bitrate Adaptation in the DASH Reference Player"
 * (MMSys 2018), doi 10.1145/3204949.3204953
 */
export function throughput(options: ThroughputOptions = {}): AbrStrategy {
  const { safety = 0.9, insufficientBuffer = true } = options;
  if (!(safety > 0 && safety <= 1)) throw new RangeError(`safety must be over 0 and at most 1, got ${safety}`);
  const rungsOf = rungsCache();
  const buffer = bufferSafety();
  return {
    name: 'throughput',
    observe(event) {
      if (event.type === 'sessionStart') buffer.reset();
      else if (event.type === 'decision' && event.trigger === 'next' && event.inputs.throughput !== null) buffer.step();
    },
    decide(context: AbrContext): AbrDecision {
      const { ladder, candidates, throughput: estimate, latency, segment } = context;
      if (estimate === null) return { index: candidates[0] ?? 0, reason: 'no throughput estimate yet: lowest' };
      const rungs = rungsOf(ladder, candidates);
      const affordable = sustainableRung(rungs, estimate * safety, latency ?? 0, segment.duration);
      const rung = insufficientBuffer ? outlastedRung(context, rungs, affordable, buffer.value()) : affordable;
      const spent = `${mbps(estimate * safety)} Mbit/s usable of ${mbps(estimate)} estimated`;
      return {
        index: rungs.index[rung] ?? 0,
        reason:
          rung < affordable ? `${spent}; more would outlast ${context.bufferLevel.toFixed(1)} s of buffer` : spent,
      };
    },
    abandon(context, progress) {
      return abandonSlow(context, rungsOf(context.ladder, context.candidates), progress, safety);
    },
  };
}

const mbps = (bits: number): number => Math.round(bits / 1e4) / 100;
