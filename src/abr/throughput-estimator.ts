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
  /** All that arrived in that time. */
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
 * The measurement in a request fact, or null when it has none: only picture segments are measured (audio of its own is too
 * small), with all that arrived beside them, so that audio fetched beside a low rendition does not make the network look
 * slower than it is. Cached responses say nothing, failed and tiny ones neither, and a download given up counts with what had
 * arrived. The wait for the first byte is kept apart, so that latency cannot lower the throughput.
 */
export function toSample(event: PlaybackEvent, minBytes: number = MIN_SAMPLE_BYTES): ThroughputSample | null {
  if (event.type !== 'request' || event.segment === null || event.kind !== 'segment') return null;
  if (event.outcome === 'failed' || event.fromCache || event.firstByte === null || event.bytes < minBytes) return null;
  if (event.segment.track !== 'video' && event.segment.track !== 'muxed') return null;
  const duration = event.at - event.firstByte;
  if (!(duration > 0)) return null;
  const bytes = event.linkBytes ?? event.bytes;
  return { throughput: (bytes * 8) / duration, duration, latency: event.firstByte - event.start, bytes };
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
 * the higher of two EWMAs over requests. A download given up because the link collapsed starts both anew: what was
 * averaged before is no longer true, and a slow farewell to it would ask for the impossible again and again.
 *
 * @param options half-lives 3 s and 8 s by default (the values of hls.js's and Sabre's estimators are 3/9 and 3/8)
 * @throws RangeError if a half-life is not > 0 or fast is not below slow
 */
export function dualEwma(options: DualEwmaOptions = {}): ThroughputEstimator {
  const { fastHalfLife = 3, slowHalfLife = 8, initialThroughput = null, minBytes = MIN_SAMPLE_BYTES } = options;
  if (!(fastHalfLife < slowHalfLife)) {
    throw new RangeError(`fastHalfLife must be below slowHalfLife (${slowHalfLife} s), got ${fastHalfLife} s`);
  }
  const lost = regimeChange();
  const fresh = () => ({
    fast: ewma(fastHalfLife),
    slow: ewma(slowHalfLife),
    // Latency is per request, not per second: these are half-lives in requests.
    fastLatency: ewma(1),
    slowLatency: ewma(3),
  });
  let averages = fresh();
  const add = (sample: ThroughputSample): void => {
    averages.fast.add(sample.duration, sample.throughput);
    averages.slow.add(sample.duration, sample.throughput);
    averages.fastLatency.add(1, sample.latency);
    averages.slowLatency.add(1, sample.latency);
  };
  return {
    name: 'dualEwma',
    observe(event) {
      if (event.type === 'sessionStart') averages = fresh();
      const sample = toSample(event, minBytes);
      if (sample) add(sample);
      const collapsed = lost(event);
      if (collapsed === null || collapsed.throughput >= (averages.fast.value() ?? 0)) return;
      averages = fresh();
      add(collapsed);
    },
    throughput() {
      const quick = averages.fast.value();
      const steady = averages.slow.value();
      return quick === null || steady === null ? initialThroughput : Math.min(quick, steady);
    },
    latency() {
      const quick = averages.fastLatency.value();
      const steady = averages.slowLatency.value();
      return quick === null || steady === null ? null : Math.max(quick, steady);
    },
  };
}

/** s of transfer from which even a small download given up says what the link does now. */
const COLLAPSE_DURATION = 0.3;

/**
 * Answers with the measurement of a download that was given up because the link had become too slow for it: what was
 * averaged before belongs to another network. The decision and the aborted request come in either order.
 */
function regimeChange(): (event: PlaybackEvent) => ThroughputSample | null {
  let givenUp: number | null = null;
  let aborted: { readonly at: number; readonly sample: ThroughputSample } | null = null;
  /** s within which an aborted request and a decision to give up belong together. */
  const together = 1;
  return (event) => {
    if (event.type === 'decision' && event.trigger === 'abandon') givenUp = event.at;
    else if (event.type === 'request' && event.outcome === 'aborted') {
      const sample = toSample(event, 1);
      aborted = sample === null || sample.duration < COLLAPSE_DURATION ? null : { at: event.at, sample };
    } else return null;
    if (givenUp === null || aborted === null || Math.abs(givenUp - aborted.at) > together) return null;
    const { sample } = aborted;
    givenUp = null;
    aborted = null;
    return sample;
  };
}
