import type { PlaybackEvent } from '../media/playback-event.ts';
import { toSample } from './throughput-estimator.ts';

/** What is expected of the network, from the downloads so far: bits/s over whole downloads, the wait for the first byte included. */
export interface ThroughputForecast {
  observe(event: PlaybackEvent): void;
  /** Harmonic mean of the last downloads; null before the first. */
  expected(): number | null;
  /** What came of what was expected, actual / expected, of the last downloads, oldest first. */
  ratios(): readonly number[];
}

/**
 * The harmonic mean of the last `window` downloads, which leans to the slow ones, with how right it was for the last
 * `memory`. Cached responses and downloads given up do not count.
 *
 * @throws RangeError if one of them is not a whole number > 0
 */
export function harmonicForecast(window: number, memory: number): ThroughputForecast {
  for (const [name, value] of Object.entries({ window, memory })) {
    if (!(Number.isInteger(value) && value > 0))
      throw new RangeError(`${name} must be a whole number > 0, got ${value}`);
  }
  const samples: number[] = [];
  const ratios: number[] = [];
  const push = (list: number[], value: number, limit: number): void => {
    list.push(value);
    if (list.length > limit) list.shift();
  };
  const expected = (): number | null => {
    if (samples.length === 0) return null;
    let sum = 0;
    for (const sample of samples) sum += 1 / sample;
    return samples.length / sum;
  };
  return {
    expected,
    ratios: () => ratios,
    observe(event) {
      if (event.type === 'sessionStart') {
        samples.length = 0;
        ratios.length = 0;
      }
      const sample = event.type === 'request' && event.outcome === 'ok' ? toSample(event, 0) : null;
      if (sample === null) return;
      const actual = (sample.bytes * 8) / (sample.latency + sample.duration);
      const before = expected();
      if (before !== null) push(ratios, actual / before, memory);
      push(samples, actual, window);
    },
  };
}
