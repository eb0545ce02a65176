import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fact, PlaybackEvent } from '../media/playback-event.ts';
import { toNdjson } from './event-log.ts';
import { BRIEF_LADDER, type MadeUpSession, madeUpSession } from './made-up-session.ts';
import { parseNdjson } from './parse-ndjson.ts';
import { sessionMetrics } from './session-metrics.ts';
import { advance, EMPTY_TIMELINE, MOST_ERRORS, replay, type Timeline } from './timeline.ts';

const manifest: Fact = {
  type: 'manifest',
  presentation: 'vod',
  duration: 100,
  ladder: BRIEF_LADDER,
  segmentDuration: 4,
  targetLatency: null,
  audioTracks: [],
  textTracks: [],
};
const sample = (position: number, latency: number | null = null): Fact => ({
  type: 'sample',
  position,
  bufferLevel: 5,
  droppedFrames: 2,
  totalFrames: 50,
  latency,
});
const element = (
  type: 'play' | 'pause' | 'playing' | 'waiting' | 'seeking' | 'seeked' | 'ended',
  position: number,
): Fact => ({
  type,
  position,
});

/** Facts with their times: `[at, fact]`. */
const session = (...facts: readonly (readonly [at: number, fact: Fact])[]): PlaybackEvent[] =>
  facts.map(([at, fact]) => ({ ...fact, at }));
const started = [
  [0, { type: 'playbackRequest' }],
  [0.5, manifest],
  [1, { type: 'renditionChange', index: 2, position: 0 }],
  [2, element('playing', 0)],
] as const satisfies readonly (readonly [number, Fact])[];

/** Stepping fact by fact, as a player does. */
const live = (events: readonly PlaybackEvent[]): Timeline => events.reduce(advance, EMPTY_TIMELINE);

describe('time', () => {
  it('is counted by state up to the last fact', () => {
    const timeline = replay(
      session(
        ...started,
        [5, element('waiting', 3)],
        [7, element('playing', 3)],
        [8, element('pause', 4)],
        [18, element('play', 4)],
        [18, element('playing', 4)],
        [19, element('seeking', 50)],
        [19.5, element('seeked', 50)],
        [20, element('playing', 50)],
        [21, sample(51)],
      ),
    );
    expect(timeline.timeIn).toEqual({
      preloading: 0,
      starting: 2,
      playing: 6,
      seeking: 1,
      rebuffering: 2,
      paused: 10,
      ended: 0,
      failed: 0,
      quit: 0,
    });
    expect(timeline.at).toBe(21);
    expect(timeline.requestedAt).toBe(0);
    expect(timeline.startedAt).toBe(2);
  });

  it('stalls and seeks know when, where in the media, and after how much of it', () => {
    const timeline = replay(
      session(
        ...started,
        [5, element('waiting', 3)],
        [7, element('playing', 3)],
        [8, element('seeking', 50)],
        [9, element('playing', 50)],
        [11, element('waiting', 52)],
        [14, sample(52)],
      ),
    );
    expect([...timeline.stalls]).toEqual([{ start: 5, end: 7, position: 3, played: 3 }]);
    expect([...timeline.seeks]).toEqual([{ start: 8, end: 9, position: 50, played: 4 }]);
    expect(timeline.stall).toEqual({ start: 11, end: null, position: 52, played: 6 });
    expect(timeline.seek).toBeNull();
    expect(timeline.longestStall).toBe(2);
  });

  it('a seek that overtakes another is one seek', () => {
    const timeline = replay(
      session(
        ...started,
        [3, element('seeking', 10)],
        [4, element('seeking', 20)],
        [5, element('seeked', 20)],
        [5, element('playing', 20)],
      ),
    );
    expect([...timeline.seeks]).toEqual([{ start: 3, end: 5, position: 10, played: 1 }]);
  });
});

describe('media', () => {
  it('is what the playhead moved over, not what the clock says', () => {
    // Told to play for 10 s, but the picture only moved for 4 of them.
    const timeline = replay(session(...started, [4, sample(2)], [10, sample(4)], [12, element('pause', 4)]));
    expect(timeline.mediaPlayed).toBe(4);
    expect(timeline.timeIn.playing).toBe(10);
  });

  it('counts media, not time, at another rate', () => {
    const timeline = replay(
      session(...started, [3, { type: 'rateChange', position: 1, rate: 2 }], [5, sample(5)], [6, element('pause', 7)]),
    );
    expect(timeline.mediaPlayed).toBe(7);
    expect(timeline.timeIn.playing).toBe(4);
  });

  it('a jump without a seek counts for no more than the clock allows', () => {
    expect(replay(session(...started, [4, sample(90)])).mediaPlayed).toBe(2);
    expect(replay(session(...started, [4, sample(2)], [5, sample(0)])).mediaPlayed).toBe(3);
  });

  it('up to a seek is told by the clock: the element is at its target already', () => {
    const timeline = replay(
      session(...started, [3, sample(1)], [3.5, element('seeking', 80)], [4, element('playing', 80)]),
    );
    expect(timeline.mediaPlayed).toBe(1.5);
    expect(timeline.position).toBe(80);
  });

  it('up to a fatal error and up to the end of a session without a pause is told by the clock', () => {
    expect(replay(session(...started, [5, { type: 'sessionEnd', reason: 'quit' }])).mediaPlayed).toBe(3);
  });

  it('belongs to the rendition on screen, from the media time at which it appeared', () => {
    const timeline = replay(
      session(
        ...started,
        [5, sample(3)],
        // Told of 0.4 s late: it appeared at 4 s.
        [6.4, { type: 'renditionChange', index: 5, position: 4 }],
        [8, sample(6)],
      ),
    );
    expect([...timeline.spans]).toEqual([{ rendition: 2, start: 1, position: 0, played: 4 }]);
    expect(timeline.span).toEqual({ rendition: 5, start: 6.4, position: 4, played: 2 });
    expect(timeline.totals.time).toEqual([0, 0, 4, 0, 0, 2, 0, 0, 0, 0]);
    expect(timeline.totals.switches).toEqual([{ from: 2, to: 5, count: 1 }]);
    expect(timeline.mediaPlayed).toBe(6);
  });

  it('a rendition of which nothing was shown is no switch', () => {
    const timeline = replay(
      session(
        ...started,
        [4, { type: 'renditionChange', index: 5, position: 2 }],
        [4, { type: 'renditionChange', index: 2, position: 2 }],
        [6, sample(4)],
      ),
    );
    expect(timeline.totals.switches).toEqual([]);
    expect(timeline.totals.time[5]).toBe(0);
  });

  it('is known segment by segment, with the bitrate of the bytes that were fetched', () => {
    const timeline = replay(
      session(
        ...started.slice(0, 3),
        [1.5, { type: 'buffered', track: 'video', rendition: 2, start: 0, end: 4, bytes: 250_000 }],
        [1.5, { type: 'buffered', track: 'audio', rendition: null, start: 0, end: 4, bytes: 64_000 }],
        [1.6, { type: 'buffered', track: 'video', rendition: 2, start: 4, end: 8, bytes: 300_000 }],
        [2, element('playing', 0)],
        [5, sample(3)],
        [8, sample(6)],
      ),
    );
    // 250 000 · 8 / 4 = 500 000 bits/s, 64 000 · 8 / 4 = 128 000 bits/s, 300 000 · 8 / 4 = 600 000 bits/s
    expect([...timeline.shown]).toEqual([
      {
        rendition: 2,
        position: 0,
        duration: 4,
        bitrate: 500_000,
        muxed: false,
        soundBitrate: 128_000,
        playerSize: null,
      },
    ]);
    expect(timeline.showing).toEqual({
      rendition: 2,
      position: 4,
      duration: 2,
      bitrate: 600_000,
      muxed: false,
      soundBitrate: null,
      playerSize: null,
    });
    expect(timeline.totals.measuredBits).toBe(628_000 * 4 + 600_000 * 2);
  });
});

describe('what else is told', () => {
  it('latency behind the live edge counts while playing', () => {
    const timeline = replay(
      session(
        [0, { type: 'playbackRequest' }],
        [1, sample(0, 9)],
        [2, element('playing', 0)],
        [3, sample(1, 4)],
        [4, sample(2, 6)],
        [5, sample(3, 5)],
      ),
    );
    expect(timeline.latency).toBe(5);
    expect(timeline.liveLatency).toEqual({ first: 4, last: 5, least: 4, most: 6, sum: 15, count: 3 });
  });

  it('caps come and go, the viewer chooses and lets go', () => {
    const timeline = replay(
      session(
        [0, { type: 'cap', source: 'user', index: 3 }],
        [0, { type: 'cap', source: 'playerSize', index: 5 }],
        [1, { type: 'cap', source: 'user', index: null }],
        [1, { type: 'selection', index: 4 }],
      ),
    );
    expect(timeline.caps).toEqual({ playerSize: 5 });
    expect(timeline.selected).toBe(4);
  });

  it('errors are all counted and the last of them kept', () => {
    const error: Fact = {
      type: 'error',
      category: 'network',
      code: 'HTTP_STATUS',
      message: '',
      fatal: false,
      url: null,
      status: 500,
    };
    const timeline = replay(session(...Array.from({ length: 150 }, (_, at) => [at, error] as const)));
    expect(timeline.errorCount).toBe(150);
    expect(timeline.errors.length).toBe(MOST_ERRORS);
    expect(timeline.errors.at(-1)?.at).toBe(149);
  });

  it('the ladder stays the one that indices are into', () => {
    const other: Fact = { ...manifest, ladder: BRIEF_LADDER.slice(0, 2) } as Fact;
    expect(replay(session([0, manifest], [1, other])).ladder).toBe(BRIEF_LADDER);
    expect(replay(session([0, { ...manifest, ladder: [] } as Fact], [1, manifest])).ladder).toBe(BRIEF_LADDER);
  });

  it('another engine that takes over is a change', () => {
    const start = (engine: string): Fact => ({
      type: 'sessionStart',
      sessionId: 'a',
      startedAt: 0,
      engine,
      strategy: 'bola',
      src: '',
    });
    expect(replay(session([0, start('hls')], [1, start('shaka')], [2, start('shaka')])).engineChanges).toBe(1);
  });
});

const madeUp: fc.Arbitrary<MadeUpSession> = fc
  .record({
    startup: fc.double({ min: 0.1, max: 20, noNaN: true }),
    renditions: fc.array(fc.nat(9), { minLength: 1, maxLength: 12 }),
    stalls: fc.uniqueArray(
      fc.record({ at: fc.integer({ min: 1, max: 40 }), duration: fc.integer({ min: 1, max: 9 }) }),
      {
        maxLength: 5,
        selector: ({ at }) => at,
      },
    ),
    sampleInterval: fc.constantFrom(0, 0.25, 1),
    sound: fc.boolean(),
  })
  .map((made) => ({
    ladder: BRIEF_LADDER,
    ...made,
    stalls: made.stalls.filter(({ at }) => at < made.renditions.length * 4).sort((a, b) => a.at - b.at),
  }));

describe('a fold', () => {
  it('replay equals live, at any prefix, with valid metrics', () => {
    fc.assert(
      fc.property(madeUp, fc.nat(), (made, cut) => {
        const events = madeUpSession(made);
        const prefix = events.slice(0, cut % (events.length + 1));
        const timeline = live(prefix);
        expect(replay(prefix)).toEqual(timeline);
        expect(replay(parseNdjson(toNdjson(prefix)))).toEqual(timeline);
        for (const [name, value] of Object.entries(sessionMetrics(timeline))) {
          if (typeof value === 'number') expect(value, name).toSatisfy(Number.isFinite);
        }
      }),
    );
  });

  it('a made-up session is told as it was made up', () => {
    fc.assert(
      fc.property(madeUp, (made) => {
        const timeline = replay(madeUpSession(made));
        const metrics = sessionMetrics(timeline);
        const stalls = made.stalls ?? [];
        expect(metrics.mediaTime).toBeCloseTo(made.renditions.length * 4, 6);
        expect(metrics.initialStartupTime).toBeCloseTo(made.startup, 9);
        expect(metrics.playbackStallCount).toBe(stalls.length);
        expect(metrics.playbackStallDuration).toBeCloseTo(
          stalls.reduce((sum, { duration }) => sum + duration, 0),
          6,
        );
        expect(metrics.switches).toBe(
          made.renditions.filter((rung, index) => index > 0 && rung !== made.renditions[index - 1]).length,
        );
        expect(metrics.bytesWasted).toBeLessThan(1);
      }),
    );
  });

  it('steps do not touch the timeline they start from', () => {
    const events = madeUpSession({
      ladder: BRIEF_LADDER,
      startup: 1,
      renditions: [0, 4, 2],
      stalls: [{ at: 5, duration: 1 }],
      sound: true,
    });
    let timeline: Timeline = EMPTY_TIMELINE;
    const before: string[] = [];
    const all: Timeline[] = [];
    for (const event of events) {
      before.push(JSON.stringify(timeline));
      all.push(timeline);
      timeline = advance(timeline, event);
    }
    expect(all.map((one) => JSON.stringify(one))).toEqual(before);
  });

  it('sessions do not share anything through the empty timeline', () => {
    const empty = JSON.stringify(EMPTY_TIMELINE);
    live(madeUpSession({ ladder: BRIEF_LADDER, startup: 1, renditions: [0, 4, 2], stalls: [{ at: 5, duration: 1 }] }));
    expect(JSON.stringify(EMPTY_TIMELINE)).toBe(empty);
  });

  it('takes any facts in any order without tripping, and stays finite', () => {
    const index = fc.nat(2000);
    const media = fc.oneof(fc.double({ min: -10, max: 500, noNaN: true }), fc.constantFrom(0, 1e9, -1e9));
    const amount = fc.oneof(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.constantFrom(0, 1e12));
    const track = fc.constantFrom('video', 'audio', 'muxed', 'text');
    const fact = fc.oneof(
      fc.record({
        type: fc.constantFrom('play', 'pause', 'playing', 'waiting', 'seeking', 'seeked', 'ended'),
        position: media,
      }),
      fc.record({
        type: fc.constant('sample'),
        position: media,
        bufferLevel: media,
        droppedFrames: amount,
        totalFrames: amount,
        latency: fc.option(media),
      }),
      fc.record({ type: fc.constant('rateChange'), position: media, rate: fc.constantFrom(0, 0.5, 2, 1000) }),
      fc.record({ type: fc.constant('renditionChange'), index, position: media }),
      fc.record({
        type: fc.constant('buffered'),
        track,
        rendition: fc.option(index),
        start: media,
        end: media,
        bytes: amount,
      }),
      fc.record({ type: fc.constant('flushed'), track, start: media, end: media }),
      fc.record({ type: fc.constant('playerResize'), width: amount, height: amount }),
      fc.constant({ type: 'playbackRequest' }),
      fc.constant(manifest),
      fc.record({
        type: fc.constant('request'),
        id: fc.nat(),
        attempt: fc.nat(5),
        kind: fc.constantFrom('manifest', 'segment', 'init'),
        url: fc.string(),
        segment: fc.option(
          fc.record({ track, rendition: fc.option(index), number: fc.constant(null), start: media, duration: media }),
        ),
        start: amount,
        firstByte: fc.option(amount),
        bytes: amount,
        status: fc.constant(200),
        outcome: fc.constantFrom('ok', 'failed', 'aborted'),
        fromCache: fc.boolean(),
        error: fc.constant(null),
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.double({ min: 0, max: 30, noNaN: true }), fact), { maxLength: 60 }), (steps) => {
        let at = 0;
        const events = steps.map(([pass, one]) => {
          at += pass;
          return { ...one, at } as PlaybackEvent;
        });
        const timeline = replay(parseNdjson(toNdjson(events)));
        const metrics = sessionMetrics(timeline);
        for (const [name, value] of Object.entries({ ...metrics, ...metrics.wasted })) {
          if (typeof value === 'number') expect(value, name).toSatisfy(Number.isFinite);
        }
        for (const part of ['bytesWasted', 'bytesAhead', 'mediaTime', 'watchedTime'] as const) {
          expect(metrics[part], part).toBeGreaterThanOrEqual(-1e-3);
        }
        expect(metrics.bytesWasted).toBeLessThanOrEqual(
          events.reduce((sum, event) => sum + ('bytes' in event ? event.bytes : 0), 1),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('holds a bounded amount of what it need not remember', () => {
    const many = Array.from(
      { length: 5000 },
      (_, number): PlaybackEvent => ({
        at: number,
        type: 'request',
        id: number,
        attempt: 1,
        kind: 'segment',
        url: `https://${number}.example/`,
        segment: { track: 'video', rendition: 0, number, start: number * 4, duration: 4 },
        start: number,
        firstByte: number,
        bytes: 10,
        status: 200,
        outcome: 'ok',
        fromCache: false,
        error: null,
      }),
    );
    const timeline = replay(many);
    expect(timeline.ledger.picture.length).toBeLessThanOrEqual(400);
    expect(timeline.network.hosts.length).toBeLessThanOrEqual(50);
    expect(timeline.network.hosts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(50_000);
  });
});
