import { describe, expect, it } from 'vitest';
import type { AbrContext, AbrStrategy } from '../abr/strategy.ts';
import type { EventOf, PlaybackEvent } from '../media/playback-event.ts';
import { type Movie, toMovie } from './movie.ts';
import type { NetworkTrace } from './network-trace.ts';
import { hls, type PlayerProfile, sabre } from './profile.ts';
import { simulate, simulateSummary } from './simulate.ts';

/** Segments of 2 s at exactly 1, 2 and 4 Mbit/s. */
const movie = (segments: number): Movie =>
  toMovie({
    id: 'test',
    ladder: [1000, 2000, 4000].map((rate) => ({ id: `${rate}k`, bitrate: rate * 1000 })),
    segmentDuration: 2,
    durations: Array.from({ length: segments }, () => 2),
    sizes: Array.from({ length: segments }, () => [250_000, 500_000, 1_000_000]),
  });

const trace = (...periods: [duration: number, mbps: number, latency?: number][]): NetworkTrace => ({
  id: 'test',
  periods: periods.map(([duration, mbps, latency = 0]) => ({ duration, bandwidth: mbps * 1e6, latency })),
});

/** Always these, and remembers what it was asked with. */
function fixed(...levels: number[]): AbrStrategy & { readonly asked: AbrContext[] } {
  const asked: AbrContext[] = [];
  return {
    name: 'fixed',
    asked,
    decide(context) {
      asked.push(context);
      return { index: levels[context.segment.number ?? 0] ?? levels.at(-1) ?? 0, reason: 'fixed' };
    },
    abandon: () => null,
  };
}

const ofType = <T extends PlaybackEvent['type']>(events: readonly PlaybackEvent[], type: T): EventOf<T>[] =>
  events.filter((event): event is EventOf<T> => event.type === type);

describe('simulate', () => {
  it('starts with the first segment, drains in real time and stalls where nothing is left: worked by hand', () => {
    // 4 Mbit/s, 0.5 s of latency. The first (2 Mbit) is there at 1.0 s. The second at 4 Mbit/s takes 0.5 + 2 = 2.5 s: at 3.5 s, half a second
    // after the first has been played. The third the same: at 6.0 s, again 0.5 s late.
    const { summary, events } = simulate({ movie: movie(3), trace: trace([100, 4, 0.5]), strategy: fixed(0, 2, 2) });
    expect(summary).toMatchObject({ levels: [0, 2, 2], stallCount: 2, switches: 1, abandonments: 0, wastedBytes: 0 });
    expect(summary.startupTime).toBeCloseTo(1, 9);
    expect(summary.stallTime).toBeCloseTo(1, 9);
    expect(summary.duration).toBeCloseTo(8, 9);
    expect(summary.averageBitrate).toBeCloseTo(3e6, 3);
    expect(summary.bytes).toBe(2_250_000);
    // 1 + 4 + 4 − 4·(1 + 1) − 3.
    expect(summary.linearQoe).toBeCloseTo(-2, 9);
    expect(ofType(events, 'waiting').map(({ at, position }) => [at, position])).toEqual([
      [expect.closeTo(3, 9), 2],
      [expect.closeTo(5.5, 9), 4],
    ]);
    expect(ofType(events, 'playing').map(({ at }) => at)).toEqual([1, 3.5, 6].map((at) => expect.closeTo(at, 9)));
    expect(ofType(events, 'renditionChange').map(({ index, position }) => [index, position])).toEqual([
      [0, 0],
      [2, 2],
    ]);
    expect(ofType(events, 'ended')[0]?.at).toBeCloseTo(8, 9);
  });

  it('asks with what is true when the request leaves, and lets none leave before its segment fits', () => {
    // 8 Mbit/s without latency: 0.25 s a segment of 2 Mbit. 5 s of buffer hold two segments and the one that comes.
    const strategy = fixed(0);
    const { events } = simulate({ movie: movie(5), trace: trace([100, 8]), strategy, bufferTarget: 5 });
    // At 0.25 s the first is there and plays. The second comes by 0.5 s: 3.75 s are buffered, 0.75 too much for another 2.
    expect(strategy.asked.map(({ now }) => now)).toEqual(
      [0, 0.25, 1.25, 3.25, 5.25].map((at) => expect.closeTo(at, 9)),
    );
    expect(strategy.asked.map(({ bufferLevel }) => bufferLevel)).toEqual(
      [0, 2, 3, 3, 3].map((at) => expect.closeTo(at, 9)),
    );
    expect(strategy.asked[0]).toMatchObject({ current: null, phase: 'startup', throughput: null });
    expect(strategy.asked[3]).toMatchObject({ current: 0, phase: 'steady', position: expect.closeTo(3, 9) });
    expect(strategy.asked[3]?.throughput).toBeCloseTo(8e6, 1);
    expect(strategy.asked[3]?.segment).toMatchObject({ number: 3, start: 6, duration: 2, remaining: 2 });
    expect(strategy.asked[3]?.segment.upcoming).toEqual([[250_000, 500_000, 1_000_000]]);
    expect(ofType(events, 'waiting')).toEqual([]);
  });

  it('waits as long as the strategy asks it to', () => {
    const waits: AbrStrategy = { name: 'waits', decide: () => ({ index: 0, reason: 'later', wait: 0.5 }) };
    const { events } = simulate({ movie: movie(2), trace: trace([100, 2, 0.1]), strategy: waits });
    expect(ofType(events, 'request').map(({ start }) => start)).toEqual([0.5, 2.1].map((at) => expect.closeTo(at, 9)));
  });

  it('gives a download up and brings what it was given up for, or forgets it as Sabre does', () => {
    let asked = 0;
    const quitter = (): AbrStrategy => ({
      name: 'quitter',
      decide: ({ segment }) => ({ index: segment.number === 1 ? 2 : 0, reason: 'high' }),
      abandon(_, { index, elapsed, bytes, totalBytes }) {
        asked += 1;
        expect(bytes).toBeCloseTo((elapsed * 2e6) / 8, 0);
        expect(totalBytes).toBe(1_000_000);
        return index === 2 && elapsed >= 1 && asked < 25 ? { index: 1, reason: 'slow' } : null;
      },
    });
    const { summary, events } = simulate({ movie: movie(3), trace: trace([100, 2]), strategy: quitter() });
    // Looked at each 50 ms: given up after 1 s, when 2 of its 8 Mbit had come; then 4 Mbit at the middle rendition.
    expect(summary.levels).toEqual([0, 1, 0]);
    expect(summary).toMatchObject({ abandonments: 1, wastedBytes: 250_000 });
    expect(ofType(events, 'decision').map(({ trigger, index, from }) => [trigger, from, index])).toEqual([
      ['next', null, 0],
      ['next', 0, 2],
      ['abandon', 2, 1],
      ['next', 1, 0],
    ]);
    asked = 0;
    const forgetful = simulateSummary({
      movie: movie(3),
      trace: trace([100, 2]),
      strategy: quitter(),
      profile: sabre({ askAgain: true }),
    });
    expect(forgetful.levels).toEqual([0, 2, 0]);
    expect(
      simulateSummary({ movie: movie(3), trace: trace([100, 2]), strategy: quitter(), abandonment: false }).levels,
    ).toEqual([0, 2, 0]);
  });

  it('pays for playlists and headers, polls and turnaround as the profile says', () => {
    const profile: PlayerProfile = {
      ...hls(),
      setup: [1000, 2000],
      startMs: 0,
      firstUse: [1000, 1000],
      requestMs: { before: 0, after: 0 },
      firstFrameMs: 0,
      turnaroundMs: 50,
      pollMs: 100,
    };
    // A round trip is 0.1 s, and 1000 bytes at 8 Mbit/s are 1 ms: 0.203 s before the first segment, 0.202 s before the first of rendition 1.
    const { events } = simulate({
      movie: movie(3),
      trace: trace([100, 8, 0.1]),
      strategy: fixed(0, 1, 1),
      profile,
      bufferTarget: 20,
    });
    const requests = ofType(events, 'request');
    expect(requests[0]?.start).toBeCloseTo(0.203, 9);
    expect(requests[0]?.at).toBeCloseTo(0.203 + 0.1 + 0.25, 9);
    expect(requests[1]?.start).toBeCloseTo(0.553 + 0.05 + 2 * 0.101, 9);
    expect(requests[2]?.start).toBeCloseTo((requests[1]?.at ?? 0) + 0.05, 9);
  });

  it('follows a live edge: segments come when they are made, stalls put it behind, and the rate catches up', () => {
    // 6 s behind at the start: three segments are there. The first takes 0.25 s: from then on 6.25 s behind.
    const live = { targetLatency: 6 };
    const steady = simulate({ movie: movie(20), trace: trace([100, 8]), strategy: fixed(0), live });
    const samples = ofType(steady.events, 'sample');
    for (const { latency } of samples) expect(latency).toBeCloseTo(6.25, 9);
    expect(steady.summary.liveLatency).toBeCloseTo(6.25, 9);
    // Segment 3 is there at 2 s, 4 at 4 s …
    const requests = ofType(steady.events, 'request');
    expect(requests.slice(3, 6).map(({ start }) => start)).toEqual([2, 4, 6].map((at) => expect.closeTo(at, 9)));
    expect(steady.timeline.presentation).toBe('live');
    const chasing = simulate({
      movie: movie(60),
      trace: trace([100, 8]),
      strategy: fixed(0),
      live: { ...live, fastRate: 1.1, tolerance: 0.05 },
    });
    const last = ofType(chasing.events, 'sample').at(-1)?.latency ?? 0;
    expect(last).toBeLessThan(6.1);
    expect(last).toBeGreaterThan(5.7);
    expect(ofType(chasing.events, 'rateChange')[0]?.rate).toBe(1.1);
    // An outage of 10 s puts the player about that much behind.
    const late = simulate({ movie: movie(20), trace: trace([5, 8], [10, 0], [100, 8]), strategy: fixed(0), live });
    expect(late.summary.stallCount).toBe(1);
    expect(ofType(late.events, 'sample').at(-1)?.latency).toBeCloseTo(6.25 + late.summary.stallTime, 9);
  });

  it('names what it cannot play', () => {
    const options = { movie: movie(3), strategy: fixed(0) };
    expect(() => simulateSummary({ ...options, trace: trace([5, 0]) })).toThrow(
      "trace 'test' must let at least 1 bit/s through on average",
    );
    expect(() => simulateSummary({ ...options, trace: trace([5, 1]), bufferTarget: 1 })).toThrow(
      'bufferTarget must be at least a segment (2 s), got 1 s',
    );
  });
});
