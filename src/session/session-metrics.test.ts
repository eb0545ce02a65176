import { describe, expect, it } from 'vitest';
import type { Fact, PlaybackEvent } from '../media/playback-event.ts';
import { BRIEF_LADDER, madeUpSession } from './made-up-session.ts';
import { type SessionMetrics, sessionMetrics } from './session-metrics.ts';
import { replay } from './timeline.ts';

type Step = readonly [at: number, fact: Fact];
const metricsOf = (...steps: readonly Step[]): SessionMetrics =>
  sessionMetrics(replay(steps.map(([at, fact]): PlaybackEvent => ({ ...fact, at }))));
const element = (
  type: 'play' | 'pause' | 'playing' | 'waiting' | 'seeking' | 'seeked' | 'ended',
  position: number,
): Fact => ({
  type,
  position,
});
const asked: Fact = { type: 'playbackRequest' };
const manifest: Fact = {
  type: 'manifest',
  presentation: 'vod',
  duration: 600,
  ladder: BRIEF_LADDER,
  segmentDuration: 4,
  targetLatency: null,
  audioTracks: [],
  textTracks: [],
};
const trouble = (fatal: boolean): Fact => ({
  type: 'error',
  category: 'network',
  code: 'HTTP_STATUS',
  message: '',
  fatal,
  url: null,
  status: 404,
});
const end = (reason: 'ended' | 'quit' | 'failed'): Fact => ({ type: 'sessionEnd', reason });
const rendition = (index: number, position: number): Fact => ({ type: 'renditionChange', index, position });
const sample = (position: number, frames: Partial<Extract<Fact, { type: 'sample' }>> = {}): Fact => ({
  type: 'sample',
  position,
  bufferLevel: 0,
  droppedFrames: 0,
  totalFrames: 0,
  latency: null,
  ...frames,
});
const request = (rest: Partial<Extract<Fact, { type: 'request' }>>): Fact => ({
  type: 'request',
  id: 1,
  attempt: 1,
  kind: 'segment',
  url: 'https://a.example/1',
  segment: null,
  start: 0,
  firstByte: null,
  bytes: 0,
  status: 200,
  outcome: 'ok',
  fromCache: false,
  error: null,
  ...rest,
});

describe('start', () => {
  it('takes from the request to the first frame', () => {
    expect(metricsOf([3, asked], [4.5, element('playing', 0)]).initialStartupTime).toBe(1.5);
  });

  it('does not count a pause before it: watched time is what counts (CTA-2066)', () => {
    const metrics = metricsOf([0, asked], [1, element('pause', 0)], [61, asked], [63, element('playing', 0)]);
    expect(metrics.initialStartupTime).toBe(3);
  });

  it('is null for a session that never started, however it went', () => {
    expect(metricsOf([0, asked], [9, end('quit')]).initialStartupTime).toBeNull();
    expect(metricsOf().initialStartupTime).toBeNull();
  });

  it.each<[string, Step[], Partial<SessionMetrics>]>([
    [
      'left before the first frame',
      [
        [0, asked],
        [5, end('quit')],
      ],
      { exitBeforeStart: true, startFailure: false, playbackFailure: false },
    ],
    [
      'failed before the first frame',
      [
        [0, asked],
        [5, trouble(true)],
        [5, end('failed')],
      ],
      { exitBeforeStart: false, startFailure: true, playbackFailure: true },
    ],
    [
      'failed later',
      [
        [0, asked],
        [1, element('playing', 0)],
        [5, trouble(true)],
        [5, end('failed')],
      ],
      { exitBeforeStart: false, startFailure: false, playbackFailure: true },
    ],
    [
      'left later',
      [
        [0, asked],
        [1, element('playing', 0)],
        [5, end('quit')],
      ],
      { exitBeforeStart: false, startFailure: false, playbackFailure: false },
    ],
    ['never asked for', [[5, end('quit')]], { exitBeforeStart: false, startFailure: false, playbackFailure: false }],
    ['not over yet', [[0, asked]], { exitBeforeStart: false, viewDropped: true }],
    [
      'over',
      [
        [0, asked],
        [1, end('quit')],
      ],
      { viewDropped: false },
    ],
  ])('%s', (_what, steps, expected) => {
    expect(metricsOf(...steps)).toMatchObject(expected);
  });

  it.each([
    [401, true],
    [402, true],
    [403, true],
    [451, true],
    // The request, the server, or nobody said so: faults.
    [400, false],
    [404, false],
    [410, false],
    [429, false],
    [503, false],
    [null, false],
  ])(
    'a fatal error with status %s looks like a rule: %s; it is a failure all the same',
    (status, businessException) => {
      const refused = { ...trouble(true), status } as Fact;
      expect(metricsOf([0, asked], [5, refused], [5, end('failed')])).toMatchObject({
        startFailure: true,
        playbackFailure: true,
        businessException,
      });
    },
  );

  it('what ended playback counts, not what was got over before or told after', () => {
    const refused = (fatal: boolean): Fact => ({ ...trouble(fatal), status: 403 }) as Fact;
    const gone = trouble(true);
    expect(metricsOf([0, asked], [1, refused(false)], [2, gone]).businessException).toBe(false);
    expect(metricsOf([0, asked], [1, gone], [2, refused(true)]).businessException).toBe(false);
    expect(metricsOf([0, asked], [1, refused(false)], [2, end('quit')]).businessException).toBe(false);
  });

  it('an error that is not fatal is no failure', () => {
    expect(metricsOf([0, asked], [1, trouble(false)], [2, end('quit')])).toMatchObject({
      errors: 1,
      startFailure: false,
      exitBeforeStart: true,
    });
  });
});

describe('stalls', () => {
  // 2 s start-up, 20 s playing, a stall of 3 s, 35 s playing, a seek of 1 s, 19 s playing = 80 s watched; 100 s paused.
  const metrics = metricsOf(
    [0, asked],
    [0, manifest],
    [2, element('playing', 0)],
    [22, element('waiting', 20)],
    [25, element('playing', 20)],
    [60, element('pause', 55)],
    [160, element('play', 55)],
    [160, element('playing', 55)],
    [160, element('seeking', 300)],
    [161, element('seeked', 300)],
    [161, element('playing', 300)],
    [180, element('waiting', 319)],
    [180, element('playing', 319)],
  );

  it('are told apart from start-up and seeks', () => {
    expect(metrics).toMatchObject({
      initialStartupTime: 2,
      playbackStallCount: 2,
      playbackStallDuration: 3,
      longestStall: 3,
      seekCount: 1,
      seekDuration: 1,
      seekLatency: 1,
      watchedTime: 80,
      playedTime: 74,
      pausedTime: 100,
      mediaTime: 74,
    });
  });

  it('have a ratio to watched time and a rate per minute of it', () => {
    expect(metrics.rebufferRatio).toBe(3 / 80);
    expect(metrics.rebufferFrequency).toBeCloseTo(1.5, 12);
  });

  it('count while they go on', () => {
    const going = metricsOf([0, asked], [1, element('playing', 0)], [5, element('waiting', 4)], [9, sample(4)]);
    expect(going).toMatchObject({ playbackStallCount: 1, playbackStallDuration: 4, longestStall: 4 });
  });

  it('none: 0, and no longest one', () => {
    expect(metricsOf([0, asked], [1, element('playing', 0)], [2, sample(1)])).toMatchObject({
      playbackStallCount: 0,
      rebufferRatio: 0,
      longestStall: null,
    });
  });

  it('of a session without watched time have no ratio', () => {
    expect(metricsOf()).toMatchObject({ rebufferRatio: null, rebufferFrequency: null });
  });

  it('a stall in a time that is next to nothing has a ratio and no frequency', () => {
    // One stall in 60 · 5·10⁻³²⁴ s watched would be more a minute than a number holds.
    const least = Number.MIN_VALUE;
    expect(
      metricsOf([0, asked], [0, element('playing', 0)], [0, element('waiting', 0)], [least, sample(0)]),
    ).toMatchObject({ playbackStallCount: 1, rebufferRatio: 1, rebufferFrequency: null });
  });

  it('a seek that goes on does not lower the mean of those that are over', () => {
    const going = metricsOf(
      [0, asked],
      [1, element('playing', 0)],
      [2, element('seeking', 9)],
      [4, element('playing', 9)],
      [5, element('seeking', 50)],
      [5.5, sample(50)],
    );
    expect(going).toMatchObject({ seekCount: 2, seekDuration: 2.5, seekLatency: 2 });
  });
});

describe('quality', () => {
  // 30 s at 1750 kbit/s (720×480), 10 s at 5800 (1920×1080), 20 s at 3000 (1280×720).
  const steps: Step[] = [
    [0, asked],
    [0, manifest],
    [0, { type: 'playerResize', width: 1280, height: 720 }],
    [1, rendition(5, 0)],
    [1, element('playing', 0)],
    [31, rendition(9, 30)],
    [41, rendition(7, 40)],
    [61, sample(60, { droppedFrames: 36, totalFrames: 1440 })],
  ];
  const metrics = metricsOf(...steps);

  it('is weighted by the media shown', () => {
    expect(metrics.averageBitrate).toBeCloseTo((30 * 1_750_000 + 10 * 5_800_000 + 20 * 3_000_000) / 60, 6);
    expect(metrics.averageWidth).toBeCloseTo((30 * 720 + 10 * 1920 + 20 * 1280) / 60, 9);
    expect(metrics.averageHeight).toBeCloseTo((30 * 480 + 10 * 1080 + 20 * 720) / 60, 9);
  });

  it('changes by switches, up and down, of a size', () => {
    expect(metrics).toMatchObject({ switches: 2, switchesUp: 1, switchesDown: 1 });
    expect(metrics.switchMagnitude).toBe((4_050_000 + 2_800_000) / 2);
  });

  it('enlarged: 720×480 fits 1280×720 in height first, at 1.5 times', () => {
    expect(metrics.mostUpscaling).toBeCloseTo(0.5, 12);
    expect(metrics.averageUpscaling).toBeCloseTo((30 * 0.5) / 60, 12);
  });

  it('drops frames', () => {
    expect(metrics).toMatchObject({ droppedFrames: 36, totalFrames: 1440, droppedFrameRatio: 0.025 });
  });

  it('is null where nothing was shown, or the ladder does not say', () => {
    expect(metricsOf([0, asked], [0, manifest])).toMatchObject({
      averageBitrate: null,
      averageHeight: null,
      switchMagnitude: null,
      averageUpscaling: null,
      measuredBitrate: null,
      droppedFrameRatio: null,
    });
    const bare: Fact = { ...manifest, ladder: [{ id: 'a', bitrate: 1000 }] } as Fact;
    expect(
      metricsOf([0, asked], [0, bare], [0, rendition(0, 0)], [0, element('playing', 0)], [9, sample(9)]),
    ).toMatchObject({ averageBitrate: 1000, averageHeight: null });
  });

  it('measured goes by the bytes, sound included', () => {
    const events = madeUpSession({
      ladder: BRIEF_LADDER,
      startup: 1,
      renditions: [0, 1],
      bytes: (index) => (index === 0 ? 100_000 : 150_000),
      sound: true,
    });
    // (100 000 + 150 000 + 2 · 64 000) B · 8 in 8 s
    expect(sessionMetrics(replay(events)).measuredBitrate).toBeCloseTo(378_000, 6);
  });
});

describe('network', () => {
  it('counts what it did, by outcome', () => {
    const metrics = metricsOf(
      [1, request({ kind: 'manifest', bytes: 5000, url: 'https://origin.example/m.m3u8' })],
      // 1 MB in 2 s, first byte after 0.5 s
      [3, request({ start: 1, firstByte: 1.5, bytes: 1_000_000 })],
      // 0.5 MB in 1 s, first byte after 0.1 s, another host
      [4, request({ start: 3, firstByte: 3.1, bytes: 500_000, url: 'https://b.example:8443/2?x' })],
      // from the cache: loaded, but no measure of the network
      [4, request({ start: 4, firstByte: 4, bytes: 700, fromCache: true, url: 'https://user:pw@B.example:8443/3' })],
      [6, request({ start: 5, firstByte: null, outcome: 'failed', attempt: 1, status: 503 })],
      [8, request({ start: 7, firstByte: 7.3, outcome: 'aborted', attempt: 2, bytes: 300 })],
    );
    expect(metrics).toMatchObject({
      bytesLoaded: 1_506_000,
      bytesFromCache: 700,
      requests: 6,
      requestsFailed: 1,
      retries: 1,
      cdnSwitches: 1,
      throughput: 4_000_000,
    });
    expect(metrics.requestLatency).toBeCloseTo((0.5 + 0.1 + 0.3) / 3, 12);
  });

  it('has no rate of a transfer too short for a clock to tell, and keeps those beside it', () => {
    // 1000 B · 8 in 5·10⁻³²⁴ s would be more bits/s than a number holds.
    const instant = request({ start: 0, firstByte: 0, bytes: 1000 });
    expect(metricsOf([Number.MIN_VALUE, instant])).toMatchObject({ throughput: null, bytesLoaded: 1000, requests: 1 });
    // A millionth of a second is within one step of 5 µs of the clock; 1 MB in 2 s is 4 Mbit/s.
    const metrics = metricsOf(
      [1e-6, request({ start: 0, firstByte: 0, bytes: 1000 })],
      [3, request({ start: 1, firstByte: 1.5, bytes: 1_000_000 })],
    );
    expect(metrics.throughput).toBe(4_000_000);
    // One step is a measure: 100 B · 8 in 5 µs are 160 Mbit/s.
    expect(metricsOf([5e-6, request({ start: 0, firstByte: 0, bytes: 100 })]).throughput).toBeCloseTo(160e6, 3);
  });

  it('without segments has no throughput and no latency', () => {
    expect(metricsOf([1, request({ kind: 'playlist', bytes: 10 })])).toMatchObject({
      throughput: null,
      requestLatency: null,
    });
  });
});

describe('live', () => {
  it('has a latency, its mean and its drift while playing', () => {
    const metrics = metricsOf(
      [0, asked],
      [1, element('playing', 0)],
      [2, sample(1, { latency: 6 })],
      [3, sample(2, { latency: 7 })],
      [4, sample(3, { latency: 9.5 })],
    );
    expect(metrics).toMatchObject({ liveLatency: 9.5, averageLiveLatency: 7.5, liveLatencyDrift: 3.5 });
  });

  it('is null for the rest', () => {
    expect(metricsOf([0, asked])).toMatchObject({
      liveLatency: null,
      averageLiveLatency: null,
      liveLatencyDrift: null,
    });
  });
});
