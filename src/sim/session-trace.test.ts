import { describe, expect, it } from 'vitest';
import { throughput } from '../abr/throughput.ts';
import type { EventOf, PlaybackEvent } from '../media/playback-event.ts';
import { madeUpMovie } from './made-up-movie.ts';
import { networkPeriodAt, traceBandwidth, traceDuration } from './network-trace.ts';
import { movieFromSession } from './session-movie.ts';
import { traceFromSession } from './session-trace.ts';
import { simulate } from './simulate.ts';

/** A segment of `bytes` that was asked for, began and ended at these times. */
function request(
  times: readonly [asked: number, firstByte: number, end: number],
  bytes: number,
  more: Partial<EventOf<'request'>> = {},
): PlaybackEvent {
  const [start, firstByte, at] = times;
  const segment = { track: 'video', rendition: 0, number: 0, start: 0, duration: 4 } as const;
  const fact = {
    type: 'request',
    id: 0,
    attempt: 1,
    kind: 'segment',
    url: '',
    segment,
    start,
    firstByte,
    bytes,
  } as const;
  return { ...fact, status: 200, outcome: 'ok', fromCache: false, error: null, at, ...more };
}

const rows = (events: readonly PlaybackEvent[]) =>
  traceFromSession(events).periods.map(({ duration, bandwidth, latency }) => [
    Number(duration.toFixed(6)),
    Math.round(bandwidth),
    Number(latency.toFixed(6)),
  ]);

describe('the network of a recorded session', () => {
  it('is what the downloads brought, the gaps between them halved, and the wait of each request', () => {
    // 1 MB in 1 s is 8 Mbit/s; 0.5 MB in 2 s is 2 Mbit/s; 2.1…6 is silence, its middle 4.05, and 6…6.2 the second's wait.
    const events = [request([0, 0.1, 1.1], 1_000_000), request([6, 6.2, 8.2], 500_000)];
    expect(rows(events)).toEqual([
      [1.1 + 2.55, 8e6, 0.1],
      [2.35, 2e6, 0.1],
      [2.2, 2e6, 0.2],
    ]);
  });

  it('adds up what arrives at the same time', () => {
    // 4 Mbit/s alone for 1 s, beside 1 Mbit/s for 1 s, alone again for 1 s.
    const sound = request([1, 1, 2], 125_000, {
      segment: { track: 'audio', rendition: null, number: 0, start: 0, duration: 4 },
    });
    const events = [sound, request([0, 0, 3], 1_500_000)];
    expect(rows(events).map(([, bandwidth]) => bandwidth)).toEqual([4e6, 5e6, 4e6]);
  });

  it('knows an outage by a first byte that is much too late', () => {
    const events = [
      request([0, 0.1, 1.1], 1_000_000),
      request([1.1, 1.2, 2.2], 1_000_000),
      request([2.2, 12.3, 13.3], 1_000_000),
    ];
    const trace = traceFromSession(events);
    expect(networkPeriodAt(trace, 7).bandwidth).toBe(0);
    expect(networkPeriodAt(trace, 12.25)).toMatchObject({ bandwidth: 8e6, latency: expect.closeTo(0.1) });
    expect(traceDuration(trace)).toBeCloseTo(13.3, 9);
  });

  it('does not measure by what is small, came from a cache or brought nothing', () => {
    const useless = [
      request([0, 0.1, 0.11], 400),
      request([2, 2, 2.001], 900_000, { fromCache: true }),
      request([3, 3, 9], 0, { outcome: 'failed', firstByte: null }),
    ];
    expect(traceBandwidth(traceFromSession([...useless, request([10, 10.1, 11.1], 1_000_000)]))).toBeCloseTo(8e6, 0);
    expect(() => traceFromSession(useless)).toThrow('must have a download of at least 16000 bytes over the network');
  });

  it('gives a simulated session back: the same network, movie and choices', () => {
    const movie = madeUpMovie({ duration: 200, variation: 0.2 });
    const trace = {
      id: 'steps',
      periods: [5e6, 1.2e6, 3e6].map((bandwidth) => ({ duration: 60, bandwidth, latency: 0.05 })),
    };
    const played = simulate({ movie, trace, strategy: throughput() });
    const again = movieFromSession(played.events);
    expect(again.levels).toEqual(played.summary.levels);
    expect(again.movie.durations).toEqual(movie.durations);
    for (const [segment, level] of again.levels.entries()) {
      expect(again.movie.sizes[segment]?.[level]).toBeCloseTo(movie.sizes[segment]?.[level] ?? 0, 6);
    }
    expect(again.known).toBeCloseTo(1 / movie.ladder.length, 9);
    const replayed = simulate({ movie: again.movie, trace: traceFromSession(played.events), strategy: throughput() });
    const same = replayed.summary.levels.filter((level, segment) => level === played.summary.levels[segment]).length;
    expect(same / movie.durations.length).toBeGreaterThan(0.95);
    expect(replayed.summary.startupTime).toBeCloseTo(played.summary.startupTime, 2);
    expect(Math.abs(replayed.summary.stallTime - played.summary.stallTime)).toBeLessThan(0.5);
  });

  it('counts sound that has segments of its own into every segment', () => {
    const manifest: PlaybackEvent = {
      type: 'manifest',
      at: 0,
      presentation: 'vod',
      duration: 8,
      ladder: [
        { id: 'a', bitrate: 1e6 },
        { id: 'b', bitrate: 2e6 },
      ],
      segmentDuration: 4,
      targetLatency: null,
      audioTracks: [],
      textTracks: [],
    };
    const at = (start: number, rendition: number) =>
      ({ track: 'video', rendition, number: 0, start, duration: 4 }) as const;
    const events = [
      manifest,
      request([0, 0.1, 1], 500_000, { segment: at(0, 0) }),
      request([1, 1.1, 2], 64_000, { segment: { track: 'audio', rendition: null, number: 0, start: 0, duration: 4 } }),
      request([2, 2.1, 3], 900_000, { segment: at(4, 1) }),
      request([9, 9.1, 9.9], 900_000, { segment: at(20, 1) }),
    ];
    const { movie, levels } = movieFromSession(events);
    // 64 kB of sound in 4 s; the second rendition is twice the first; what follows the hole at 8 s is left out.
    expect(movie.sizes).toEqual([
      [564_000, 1_064_000],
      [514_000, 964_000],
    ]);
    expect(levels).toEqual([0, 1]);
    expect(() => movieFromSession([manifest])).toThrow('must have fetched a whole picture segment');
    expect(() => movieFromSession([])).toThrow('must have a manifest fact');
  });
});
