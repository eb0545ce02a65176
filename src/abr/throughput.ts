import { type AbrContext, type AbrDecision, type AbrStrategy, highestWalkingUp } from './strategy.ts';

/** Options of {@link throughput}. */
export interface ThroughputOptions {
  /** Share of the estimate that is spent. Default 0.9. */
  readonly safety?: number;
}

/**
 * The highest rendition whose segment, at a share of the estimated throughput and after the wait for its first byte,
 * arrives within its own duration. Without an estimate, the lowest.
 *
 * @throws RangeError if safety is not within 0…1
 */
export function throughput(options: ThroughputOptions = {}): AbrStrategy {
  const { safety = 0.9 } = options;
  if (!(safety > 0 && safety <= 1)) throw new RangeError(`safety must be over 0 and at most 1, got ${safety}`);
  return {
    name: 'throughput',
    decide({ ladder, candidates, throughput: estimate, latency, segment }: AbrContext): AbrDecision {
      if (estimate === null) return { index: candidates[0] ?? 0, reason: 'no throughput estimate yet: lowest' };
      const usable = estimate * safety;
      const fits = (index: number): boolean =>
        (latency ?? 0) + (segment.duration * (ladder[index]?.bitrate ?? 0)) / usable <= segment.duration;
      const index = highestWalkingUp(candidates, fits);
      return {
        index,
        reason: `${(usable / 1e6).toFixed(2)} Mbit/s usable of ${(estimate / 1e6).toFixed(2)} estimated`,
      };
    },
  };
}
