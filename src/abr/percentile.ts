import { type AbrContext, type AbrDecision, type AbrStrategy, highestWalkingUp } from './strategy.ts';
import { toSample } from './throughput-estimator.ts';

/** Options of {@link percentile}; the brief's values are the defaults. */
export interface PercentileOptions {
  /** Bandwidth samples kept. Default 20. */
  readonly window?: number;
  /** s of buffer at which the estimate is trusted in full. Default 30. */
  readonly bufferTarget?: number;
  /** A rendition is affordable while the conservative bandwidth is above its bitrate times this. Default 1.2. */
  readonly safety?: number;
}

/**
 * The value below which `fraction` (0…1) of the samples lie, by linear interpolation between closest ranks, as
 * `numpy.percentile` has it. Null for no samples.
 */
export function percentileOf(samples: readonly number[], fraction: number): number | null {
  const sorted = [...samples].sort((a, b) => a - b);
  const rank = (sorted.length - 1) * fraction;
  const low = sorted[Math.floor(rank)];
  const high = sorted[Math.ceil(rank)];
  if (low === undefined || high === undefined) return null;
  return low + (high - low) * (rank - Math.floor(rank));
}

/**
 * The brief's percentile strategy: a conservative bandwidth (0.5·p10 + 0.3·p25 + 0.2·median of the last 20 samples)
 * scaled by buffer health min(buffer / 30 s, 1), and the highest rendition, walking up, that it exceeds 1.2 times.
 * An empty buffer therefore always chooses the lowest: the strategy starts low by design. Samples are those of
 * {@link toSample}: latency kept apart, cached responses left out.
 *
 * @throws RangeError if an option is not > 0
 */
export function percentile(options: PercentileOptions = {}): AbrStrategy {
  const { window = 20, bufferTarget = 30, safety = 1.2 } = options;
  for (const [name, value] of Object.entries({ window, bufferTarget, safety })) {
    if (!(value > 0)) throw new RangeError(`${name} must be > 0, got ${value}`);
  }
  const samples: number[] = [];
  return {
    name: 'percentile',
    observe(event) {
      if (event.type === 'sessionStart') samples.length = 0;
      const sample = toSample(event);
      if (!sample) return;
      samples.push(sample.throughput);
      if (samples.length > window) samples.shift();
    },
    decide({ ladder, candidates, bufferLevel }: AbrContext): AbrDecision {
      const p10 = percentileOf(samples, 0.1);
      const p25 = percentileOf(samples, 0.25);
      const median = percentileOf(samples, 0.5);
      if (p10 === null || p25 === null || median === null) {
        return { index: candidates[0] ?? 0, reason: 'no bandwidth sample yet: lowest' };
      }
      const health = Math.min(bufferLevel / bufferTarget, 1);
      const conservative = (0.5 * p10 + 0.3 * p25 + 0.2 * median) * health;
      const index = highestWalkingUp(candidates, (at) => conservative > (ladder[at]?.bitrate ?? 0) * safety);
      const mbps = (conservative / 1e6).toFixed(2);
      return {
        index,
        reason: `conservative ${mbps} Mbit/s (buffer health ${health.toFixed(2)}) over ${safety} × bitrate`,
      };
    },
  };
}
