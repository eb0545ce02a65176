import type { PlaybackEvent } from '../media/playback-event.ts';
import { ewma } from './ewma.ts';

/** One finished (or given up) download as a measurement: bits/s without the wait for the first byte, and that wait. */
export interface ThroughputSample {
  /** bits/s while bytes were arriving. */
  readonly throughput: number;
  /** s from the first byte to the last. */
  readonly duration: number;
  /** s from the request to the first byte. */
  readonly latency: number;
  readonly bytes: number;
}

/** An estimate of the network from the facts of the session. Never NaN: null before there is anything to go by. */
export interface ThroughputEstimator {
  readonly name: string;
  observe(event: PlaybackEvent): void;
  /** bits/s. */
  throughput(): number | null;
  /** s to the first byte. */
  latency(): number | null;
}

/** Bodies smaller than this say more about latency and timers than about bandwidth; the field's players use the same. */
export const MIN_SAMPLE_BYTES = 16_000;

/**
 * The measurement in a request fact, or null when it has none: only picture segments count (audio of its own is too small
 * and shares the link), cached responses never do, failed and tiny ones do not, and a download given up counts with what
 * had arrived. The wait for the first byte is kept apart, so that latency cannot lower the throughput.
 */
export function toSample(event: PlaybackEvent, minBytes: number = MIN_SAMPLE_BYTES): ThroughputSample | null {
  if (event.type !== 'request' || event.segment === null || event.kind !== 'segment') return null;
  if (event.outcome === 'failed' || event.fromCache || event.firstByte === null || event.bytes < minBytes) return null;
  if (event.segment.track !== 'video' && event.segment.track !== 'muxed') return null;
  const duration = event.at - event.firstByte;
  if (!(duration > 0)) return null;
  return {
    throughput: (event.bytes * 8) / duration,
    duration,
    latency: event.firstByte - event.start,
    bytes: event.bytes,
  };
}

/** Options of {@link dualEwma}: half-lives in s of download time, the initial estimate in bits/s, and the smallest body counted. */
export interface DualEwmaOptions {
  readonly fastHalfLife?: number;
  readonly slowHalfLife?: number;
  readonly initialThroughput?: number | null;
  readonly minBytes?: number;
}

/**
 * Throughput as the lower of a fast and a slow EWMA, weighted by download time: falls quickly, rises slowly. Latency is
 * the higher of two EWMAs over requests.
 *
 * @param options half-lives 3 s and 8 s by default (the values of hls.js's and Sabre's estimators are 3/9 and 3/8)
 * @throws RangeError if a half-life is not > 0 or fast is not below slow
 */
export function dualEwma(options: DualEwmaOptions = {}): ThroughputEstimator {
  const { fastHalfLife = 3, slowHalfLife = 8, initialThroughput = null, minBytes = MIN_SAMPLE_BYTES } = options;
  if (!(fastHalfLife < slowHalfLife)) {
    throw new RangeError(`fastHalfLife must be below slowHalfLife (${slowHalfLife} s), got ${fastHalfLife} s`);
  }
  const fast = ewma(fastHalfLife);
  const slow = ewma(slowHalfLife);
  // Latency is per request, not per second: these are half-lives in requests.
  const fastLatency = ewma(1);
  const slowLatency = ewma(3);
  return {
    name: 'dualEwma',
    observe(event) {
      const sample = toSample(event, minBytes);
      if (!sample) return;
      fast.add(sample.duration, sample.throughput);
      slow.add(sample.duration, sample.throughput);
      fastLatency.add(1, sample.latency);
      slowLatency.add(1, sample.latency);
    },
    throughput() {
      const quick = fast.value();
      const steady = slow.value();
      return quick === null || steady === null ? initialThroughput : Math.min(quick, steady);
    },
    latency() {
      const quick = fastLatency.value();
      const steady = slowLatency.value();
      return quick === null || steady === null ? null : Math.max(quick, steady);
    },
  };
}
