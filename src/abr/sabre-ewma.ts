import type { PlaybackEvent } from '../media/playback-event.ts';
import { ewma } from './ewma.ts';
import { type ThroughputEstimator, toSample } from './throughput-estimator.ts';

/** Options of {@link sabreEwma}: half-lives in s of download time. */
export interface SabreEwmaOptions {
  readonly fastHalfLife?: number;
  readonly slowHalfLife?: number;
}

/**
 * The estimator of Sabre and of dash.js: throughput is the lower of two EWMAs weighted by download time, latency the higher
 * of two EWMAs over requests, their half-lives being those of the throughput counted in segments. Only finished downloads
 * count, however small. For the browser {@link dualEwma} is the better choice: it also learns from downloads given up,
 * and leaves out those too small to measure.
 *
 * @param options half-lives 3 s and 8 s by default, Sabre's `-hl 3 8`
 * @throws RangeError if a half-life is not > 0, or fast is not below slow
 * @see UMass-LIDS/sabre, `src/sabre.py`, class Ewma (commit 09b03bb)
 */
export function sabreEwma(options: SabreEwmaOptions = {}): ThroughputEstimator {
  const { fastHalfLife = 3, slowHalfLife = 8 } = options;
  if (!(fastHalfLife < slowHalfLife)) {
    throw new RangeError(`fastHalfLife must be below slowHalfLife (${slowHalfLife} s), got ${fastHalfLife} s`);
  }
  const fresh = (segmentDuration: number) => ({
    fast: ewma(fastHalfLife),
    slow: ewma(slowHalfLife),
    fastLatency: ewma(fastHalfLife / segmentDuration),
    slowLatency: ewma(slowHalfLife / segmentDuration),
  });
  let averages = fresh(1);
  let throughput: number | null = null;
  let latency: number | null = null;

  const add = (event: PlaybackEvent): void => {
    const sample = event.type === 'request' && event.outcome === 'ok' ? toSample(event, 0) : null;
    if (sample === null) return;
    const { fast, slow, fastLatency, slowLatency } = averages;
    fast.add(sample.duration, sample.throughput);
    slow.add(sample.duration, sample.throughput);
    fastLatency.add(1, sample.latency);
    slowLatency.add(1, sample.latency);
    throughput = Math.min(fast.value() ?? 0, slow.value() ?? 0);
    latency = Math.max(fastLatency.value() ?? 0, slowLatency.value() ?? 0);
  };

  return {
    name: 'sabreEwma',
    observe(event) {
      if (event.type === 'manifest' && throughput === null) averages = fresh(event.segmentDuration ?? 1);
      else add(event);
    },
    throughput: () => throughput,
    latency: () => latency,
  };
}
