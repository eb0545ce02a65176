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

/** Transfers remembered to see what shared the link: more than engines have in flight at once. */
const REMEMBERED_TRANSFERS = 16;

interface Transfer {
  readonly firstByte: number;
  readonly end: number;
  readonly bytes: number;
}

/** Bytes of a transfer that arrived between two times, taking it as steady. */
function bytesWithin(transfer: Transfer, from: number, to: number): number {
  const shared = Math.min(transfer.end, to) - Math.max(transfer.firstByte, from);
  const duration = transfer.end - transfer.firstByte;
  return shared > 0 && duration > 0 ? transfer.bytes * Math.min(shared / duration, 1) : 0;
}

/**
 * {@link toSample} for a link that is shared: what other requests of the session brought while a picture segment arrived
 * counts as well, so that audio fetched beside a low rendition does not make the network look slower than it is. Feed it
 * every fact in order; it answers with a measurement at each picture segment.
 */
export function linkSampler(minBytes: number = MIN_SAMPLE_BYTES): (event: PlaybackEvent) => ThroughputSample | null {
  let recent: Transfer[] = [];
  return (event) => {
    if (event.type === 'sessionStart') recent = [];
    if (event.type !== 'request' || event.firstByte === null || event.fromCache) return null;
    const own: Transfer = { firstByte: event.firstByte, end: event.at, bytes: event.bytes };
    const sample = toSample(event, minBytes);
    const beside =
      sample === null ? 0 : recent.reduce((sum, other) => sum + bytesWithin(other, own.firstByte, own.end), 0);
    recent = [...recent.slice(1 - REMEMBERED_TRANSFERS), own];
    if (sample === null || beside === 0) return sample;
    const bytes = sample.bytes + beside;
    return { ...sample, bytes, throughput: (bytes * 8) / sample.duration };
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
  const sampleOf = linkSampler(minBytes);
  return {
    name: 'dualEwma',
    observe(event) {
      const sample = sampleOf(event);
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
