import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { Fact, PlaybackEvent } from '../media/playback-event.ts';
import { weighted } from '../qoe/weighted.ts';
import { replay } from '../session/timeline.ts';
import type { StoredFact, StoredSession } from './event-store.ts';
import { madeFacts, seededRandom } from './node/made-session.ts';
import {
  type Contribution,
  foldSession,
  gapsOf,
  mergeRanges,
  projectSession,
  type SumName,
} from './session-projection.ts';

// Busy machines are slow; what is waited for ends by itself.
vi.setConfig({ testTimeout: 60_000 });

const NOON = Date.UTC(2026, 3, 14, 12);
const MINUTE = 60_000;

const LADDER = [
  { id: '0', bitrate: 1_000_000, height: 360 },
  { id: '1', bitrate: 3_000_000, height: 720 },
];
const start = (startedAt = NOON + 30_000): Fact => ({
  type: 'sessionStart',
  sessionId: 's1',
  startedAt,
  engine: 'hls',
  strategy: 'bola',
  src: 'https://cdn-a.example/main.m3u8',
});
const manifest: Fact = {
  type: 'manifest',
  presentation: 'vod',
  duration: 100,
  ladder: LADDER,
  segmentDuration: 4,
  targetLatency: null,
  audioTracks: [],
  textTracks: [],
};
const segment = (host: string, bytes: number, outcome: 'ok' | 'failed' = 'ok'): Fact => ({
  type: 'request',
  id: 1,
  attempt: 1,
  kind: 'segment',
  url: `https://${host}/1.m4s`,
  segment: null,
  start: 0,
  firstByte: 0,
  bytes,
  status: 200,
  outcome,
  fromCache: false,
  error: null,
});
const sample = (position: number): Fact => ({
  type: 'sample',
  position,
  bufferLevel: 10,
  droppedFrames: 0,
  totalFrames: 0,
  latency: null,
});
const at = (seconds: number, fact: Fact): PlaybackEvent => ({ ...fact, at: seconds });

const stored = (events: readonly PlaybackEvent[], about: Partial<StoredSession> = {}): StoredSession => ({
  sid: 's1',
  firstReceived: NOON + 40_000,
  lastReceived: NOON + 200_000,
  facts: events.map((fact, seq) => ({ seq, fact })),
  lost: [],
  ...about,
});
const project = (events: readonly PlaybackEvent[], about: Partial<StoredSession> = {}) =>
  projectSession(stored(events, about), weighted());

/**
 * Starts half a minute past noon; asked for at 2 s, moves at 4 s, stalls from 40 s to 45 s, changes rendition and host,
 * fails for good at 70 s.
 */
const SESSION: readonly PlaybackEvent[] = [
  at(0, start()),
  at(2, { type: 'playbackRequest' }),
  at(3, manifest),
  at(3, segment('cdn-a.example', 500_000)),
  at(4, { type: 'renditionChange', index: 0, position: 0 }),
  at(4, { type: 'playing', position: 0 }),
  at(20, sample(16)),
  at(20, segment('cdn-b.example', 1_500_000)),
  at(24, { type: 'renditionChange', index: 1, position: 20 }),
  at(40, { type: 'waiting', position: 36 }),
  at(45, { type: 'playing', position: 36 }),
  at(50, segment('cdn-b.example', 0, 'failed')),
  at(70, {
    type: 'error',
    category: 'network',
    code: 'SEGMENT_LOAD_FAILED',
    message: 'gone',
    fatal: true,
    url: null,
    status: 404,
  }),
];

const cellsOf = (contributions: readonly Contribution[]): Record<string, Partial<Record<SumName, number>>> =>
  Object.fromEntries(
    contributions.map(({ time, host, rendition, sums }) => [
      `${(time - NOON) / MINUTE} ${host} ${rendition}`,
      Object.fromEntries(Object.entries(sums).filter(([, value]) => value !== 0)),
    ]),
  );

describe('the minutes of a session', () => {
  it('are cut by wall clock, host and rendition, worked by hand', () => {
    // At 12:00:30 the session starts, so minute 1 begins at 30 s of its clock and minute 2 would at 90 s.
    expect(cellsOf(project(SESSION).contributions)).toEqual({
      '0 (unknown) (none)': { active: 1, started: 1, startedWeight: 1000, startingMs: 1000 },
      '0 cdn-a.example (none)': { startingMs: 1000, requests: 1, bytes: 500_000 },
      // 4 s to 20 s, 16 s at 1 Mbit/s.
      '0 cdn-a.example 360p': { startups: 1, playingMs: 16_000, mediaMs: 16_000, kilobits: 16_000 },
      // 20 s to 24 s at 1 Mbit/s, before the change to 720p.
      '0 cdn-b.example 360p': { playingMs: 4000, mediaMs: 4000, kilobits: 4000, requests: 1, bytes: 1_500_000 },
      // 24 s to 30 s at 3 Mbit/s: the switch counts when it plays.
      '0 cdn-b.example 720p': { playingMs: 6000, mediaMs: 6000, kilobits: 18_000, switches: 1 },
      // 30 s to 40 s, a stall of 5 s, 45 s to 70 s.
      '1 cdn-b.example 720p': {
        active: 1,
        playingMs: 35_000,
        mediaMs: 35_000,
        kilobits: 105_000,
        stalledMs: 5000,
        stalls: 1,
        requests: 1,
        failedRequests: 1,
        errors: 1,
        fatals: 1,
      },
    });
  });

  it('count bytes for the rendition that was fetched, not for the one on screen', () => {
    const reference = { track: 'video', rendition: 1, number: 2, start: 8, duration: 4 } as const;
    const fetched = { ...segment('cdn-a.example', 700_000), segment: reference } as Fact;
    const { contributions } = project([...SESSION.slice(0, 6), at(10, fetched), at(11, sample(7))]);
    expect(cellsOf(contributions)).toMatchObject({
      '0 cdn-a.example 360p': { playingMs: 7000 },
      '0 cdn-a.example 720p': { requests: 1, bytes: 700_000 },
    });
  });

  it('count the session itself in the minute it started, at its main host and rendition', () => {
    const { contributions, summary } = project(SESSION);
    const counted = contributions.filter(({ counts }) => counts.length > 0);
    expect(
      counted.map(({ time, host, rendition, counts }) => [
        (time - NOON) / MINUTE,
        host,
        rendition,
        counts.map(({ measure }) => measure),
      ]),
    ).toEqual([
      [0, 'cdn-b.example', '720p', ['startup', 'rebuffering', 'score']],
      [1, 'cdn-b.example', '720p', ['error:SEGMENT_LOAD_FAILED']],
    ]);
    expect(summary).toMatchObject({ host: 'cdn-b.example', rendition: '720p' });
  });

  const expectSums = (events: readonly PlaybackEvent[]): void => {
    const { summary, contributions } = project(events);
    const total = (name: SumName): number => contributions.reduce((sum, { sums }) => sum + sums[name], 0);
    const { metrics } = summary;
    const times = [
      [total('playingMs'), metrics.playedTime],
      [total('stalledMs'), metrics.playbackStallDuration],
      [total('seekingMs'), metrics.seekDuration],
      [total('mediaMs'), metrics.mediaTime],
      [total('kilobits'), ((metrics.averageBitrate ?? 0) * metrics.mediaTime) / 1e6],
    ] as const;
    // Each row is rounded once.
    for (const [ms, seconds] of times) expect(Math.abs(ms - seconds * 1000)).toBeLessThanOrEqual(contributions.length);
    expect(total('startups')).toBe(metrics.initialStartupTime === null ? 0 : 1);
    expect(total('stalls')).toBe(metrics.playbackStallCount);
    expect(total('switches')).toBe(metrics.switches);
    expect(total('bytes')).toBe(metrics.bytesLoaded);
    expect(total('droppedFrames')).toBe(metrics.droppedFrames);
    expect(total('errors')).toBe(summary.errors);
    expect(total('decisions')).toBe(summary.decisions);
    const minutes = contributions.filter(({ sums }) => sums.active > 0).map(({ time }) => time);
    expect(new Set(minutes).size).toBe(minutes.length);
  };

  it('add up to the metrics of the session, for sessions as they are', () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      expectSums(madeFacts({ sid: 's1', startedAt: NOON, random: seededRandom(seed), length: 30 + seed * 13 }));
    }
  });

  it('add up to the metrics of the session, whatever an element may say', () => {
    const element = fc.record({
      type: fc.constantFrom('play', 'pause', 'playing', 'waiting', 'seeking', 'seeked', 'ended' as const),
      position: fc.integer({ min: 0, max: 200 }),
    });
    const other = fc.oneof(
      fc.record({ type: fc.constant('renditionChange' as const), index: fc.nat(1), position: fc.nat(200) }),
      fc.record({ type: fc.constant('rateChange' as const), position: fc.nat(200), rate: fc.constantFrom(0.5, 1, 2) }),
      fc.nat(200).map(sample),
      fc.nat(9).map((host) => segment(`cdn-${host}.example`, 1000)),
    );
    const step = fc.record({ wait: fc.constantFrom(0, 0.25, 1, 7, 50), fact: fc.oneof(element, other) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let time = 1;
        const told = steps.map(({ wait, fact }) => {
          time += wait;
          return at(time, fact);
        });
        expectSums([
          at(0, start()),
          at(1, { type: 'playbackRequest' }),
          at(1, manifest),
          at(1, { type: 'renditionChange', index: 0, position: 0 }),
          ...told,
        ]);
      }),
      { numRuns: 300 },
    );
  });

  it('are the same whether folded in one go or bit by bit', () => {
    const session = stored(madeFacts({ sid: 's1', startedAt: NOON, random: seededRandom(5), length: 300 }));
    const fold = foldSession(session.firstReceived, weighted());
    for (const [index, fact] of session.facts.entries()) {
      fold.advance(fact);
      if (index % 7 === 0) fold.project(session);
    }
    expect(fold.project(session)).toEqual(projectSession(session, weighted()));
  });

  it('do not follow a silence longer than an hour, nor clocks that cannot be', () => {
    const silent = [...SESSION.slice(0, 6), at(50_000, { type: 'waiting', position: 9 })];
    const playing = (events: readonly PlaybackEvent[]): number =>
      project(events).contributions.reduce((sum, { sums }) => sum + sums.playingMs, 0);
    expect(playing(silent)).toBe(3_600_000);
    const endless = project([
      ...SESSION.slice(0, 6),
      at(1e300, { type: 'waiting', position: 9 }),
      at(1e301, { type: 'playing', position: 9 }),
    ]);
    expect(endless.contributions.length).toBeLessThan(100);
    expect(JSON.stringify(endless)).not.toContain('null,null,null,null');
  });
});

describe('the summary of a session', () => {
  it('has the metrics and the score of the SDK, and what became of it', () => {
    const { summary } = project(SESSION);
    expect(summary).toMatchObject({
      sid: 's1',
      startedAt: NOON + 30_000,
      lastAt: NOON + 100_000,
      engine: 'hls',
      strategy: 'bola',
      state: 'failed',
      fatal: 'SEGMENT_LOAD_FAILED',
      errors: 1,
      position: 61,
      duration: 100,
      completed: false,
      rate: 1,
      facts: 13,
      lost: 0,
      missing: 0,
    });
    expect(summary.metrics).toMatchObject({
      initialStartupTime: 2,
      playbackStallCount: 1,
      playbackStallDuration: 5,
      switches: 1,
    });
    // 20 s at 1 Mbit/s and 41 s at 3 Mbit/s.
    expect(summary.metrics.averageBitrate).toBeCloseTo((20 * 1e6 + 41 * 3e6) / 61, 6);
    expect(summary.score).toBe(weighted().score(replay(SESSION)).value);
  });

  it('takes the clock of the session for what it is worth', () => {
    const startedAt = (claimed: number): number => project([at(0, start(claimed))]).summary.startedAt;
    expect(startedAt(NOON)).toBe(NOON);
    // Facts that waited two days for the network.
    expect(startedAt(NOON - 2 * 86_400_000)).toBe(NOON - 2 * 86_400_000);
    for (const impossible of [0, NOON + 600_000, 1e300]) expect(startedAt(impossible)).toBe(NOON + 40_000);
  });

  it('is not going on in a time that has not come, whatever its clock says', () => {
    const lastAt = (time: number): number => project([at(0, start(NOON)), at(time, sample(1))]).summary.lastAt;
    expect(lastAt(150)).toBe(NOON + 150_000);
    // The last of it came 200 s after noon; clocks may be five minutes ahead.
    expect([lastAt(501), lastAt(1e308)]).toEqual([NOON + 500_000, NOON + 500_000]);
  });

  it('is complete at the end, or nearly there', () => {
    const until = (position: number): boolean =>
      project([...SESSION.slice(0, 6), at(90, { type: 'pause', position })]).summary.completed;
    expect([until(94), until(95)]).toEqual([false, true]);
  });

  it('knows the rate it was sampled at and its tags, and weighs it accordingly', () => {
    const [first, ...rest] = stored(SESSION).facts;
    const facts = first ? [{ ...first, rate: 0.1, tags: { 'ab.start': 'low' } }, ...rest] : [];
    const weight = (about: readonly StoredFact[]): number =>
      project([], { facts: about }).contributions.reduce((sum, { sums }) => sum + sums.startedWeight, 0);
    expect(project([], { facts }).summary).toMatchObject({ rate: 0.1, tags: { 'ab.start': 'low' } });
    expect(weight(facts.slice(0, -1))).toBe(10_000);
    // One that failed is recorded whatever the sample, and stands for itself.
    expect(weight(facts)).toBe(1000);
  });

  it('makes a label of whatever stands where a name should', () => {
    const name = `  evil\u202e\u0000<b>${'x'.repeat(200)}`;
    const { summary } = project([at(0, { ...start(), engine: name, strategy: '\ud800' } as Fact)]);
    expect(summary.engine).toBe(`evil <b>${'x'.repeat(55)}…`);
    expect(summary.strategy).toBe('\ufffd');
  });
});

describe('gaps', () => {
  it('puts ranges together where they overlap or touch', () => {
    expect(
      mergeRanges([
        [5, 9],
        [0, 2],
        [3, 3],
        [7, 12],
        [20, 21],
      ]),
    ).toEqual([
      [0, 3],
      [5, 12],
      [20, 21],
    ]);
  });

  it('tells facts told lost from facts that are nowhere', () => {
    expect(
      gapsOf(
        [
          [0, 4],
          [8, 9],
        ],
        [],
      ),
    ).toEqual({ lost: 0, missing: 3 });
    // 5…6 told lost, 7 nowhere; that 4 was told lost does not matter, it came.
    expect(
      gapsOf(
        [
          [0, 4],
          [8, 9],
        ],
        [[4, 6]],
      ),
    ).toEqual({ lost: 2, missing: 1 });
    expect(gapsOf([[0, 1]], [[5, 5]])).toEqual({ lost: 1, missing: 3 });
    expect(gapsOf([], [])).toEqual({ lost: 0, missing: 0 });
  });
});
