import type { Fragment, Part } from 'hls.js';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AbrChoice } from '../../abr/abr-controller.ts';
import type { AbrInput } from '../../abr/strategy.ts';
import { simulatedClock } from '../../media/simulated-clock.ts';
import { FakeMedia } from '../fake-media.ts';
import { mapLadder } from '../ladder-map.ts';
import { fakeDetails, fakeHls, fakeLevel } from './fake-hls.ts';
import { LevelChooser } from './level-chooser.ts';
import { rungOfLevel } from './level-rung.ts';

/** hls.js has them by height; by bitrate, level 1 is the lowest rung, level 0 the next. */
const levels = () => [
  fakeLevel(800_000, 360),
  fakeLevel(500_000, 480),
  fakeLevel(2_000_000, 720),
  fakeLevel(4_000_000, 1080),
];
const LEVEL_OF_RUNG = [1, 0, 2, 3];

function setUp() {
  const fake = fakeHls(levels());
  const { hls } = fake;
  const media = new FakeMedia();
  const clock = simulatedClock();
  const asked: AbrInput[] = [];
  const answer: { index: number; wait?: number } = { index: 2 };
  const map = mapLadder(hls.levels, rungOfLevel);
  const decide = (input: AbrInput): AbrChoice => {
    asked.push(input);
    const inputs = {
      throughput: 3e6,
      latency: 0.05,
      bufferLevel: input.bufferLevel,
      bufferTarget: 30,
      playbackRate: 1,
    };
    return {
      ...answer,
      reason: 'because',
      failure: null,
      fact: {
        type: 'decision',
        trigger: 'next',
        strategy: 'test',
        segment: input.segment,
        from: input.current,
        index: answer.index,
        candidates: input.candidates,
        reason: 'because',
        inputs,
      },
    };
  };
  const chooser = new LevelChooser(fake.asHls, {
    media: media.element,
    clock,
    decide,
    bufferTarget: 30,
    phase: () => 'steady',
    ladder: () => map,
  });
  /** Playback under way: playlist there, `end` s buffered ahead of position 0, level 1 in use. */
  const playing = (end: number): void => {
    const details = fakeDetails(15);
    for (const level of hls.levels) level.details = details as never;
    hls.latestLevelDetails = details;
    hls.loadLevel = 1;
    hls.mainForwardBufferInfo = { len: end, start: 0, end };
  };
  const segment = (sn: number, level: number): Fragment =>
    ({ ...fakeDetails(15).fragments[sn], level, loader: {} }) as unknown as Fragment;
  return { ...fake, media, clock, asked, answer, chooser, playing, segment };
}

let set: ReturnType<typeof setUp>;
beforeEach(() => {
  set = setUp();
});

describe('LevelChooser', () => {
  it('asks once for a segment however often hls.js reads and writes back, and answers an hls.js level', () => {
    const { chooser, playing, asked } = set;
    playing(8);
    for (let tick = 0; tick < 20; tick += 1) {
      const level = chooser.nextAutoLevel;
      expect(level).toBe(LEVEL_OF_RUNG[2]);
      chooser.nextAutoLevel = level;
    }
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      candidates: [0, 1, 2, 3],
      current: null,
      segment: { number: 2, start: 8, duration: 4, remaining: 13, sizes: null },
      bufferLevel: 8,
      bufferTarget: 30,
      phase: 'steady',
      live: null,
    });
    expect(asked[0]?.ladder.map(({ bitrate }) => bitrate)).toEqual([500_000, 800_000, 2_000_000, 4_000_000]);
  });

  it('asks anew for the next segment, once the download of the last has begun and ended', () => {
    const { chooser, playing, asked, answer, hls, segment } = set;
    playing(8);
    expect(chooser.nextAutoLevel).toBe(2);
    const fact = chooser.taken(segment(2, 2));
    expect(fact).toMatchObject({ index: 2, from: null, reason: 'because', segment: { number: 2, start: 8 } });
    hls.inFlightFragments.main = { frag: segment(2, 2), state: 'FRAG_LOADING' };
    answer.index = 0;
    expect(chooser.nextAutoLevel, 'under way').toBe(2);
    hls.inFlightFragments.main = { frag: null, state: 'IDLE' };
    hls.mainForwardBufferInfo = { len: 12, start: 0, end: 12 };
    expect(chooser.nextAutoLevel).toBe(LEVEL_OF_RUNG[0]);
    expect(asked.at(-1)).toMatchObject({ current: 2, segment: { number: 3 } });
  });

  it('asks nothing while the buffer is full, and stays with the level in use', () => {
    const { chooser, playing, asked, hls } = set;
    playing(30);
    expect(chooser.nextAutoLevel).toBe(1);
    expect(asked).toHaveLength(0);
    hls.mainForwardBufferInfo = { len: 29.9, start: 0.1, end: 30 };
    expect(chooser.nextAutoLevel).toBe(2);
    expect(asked).toHaveLength(1);
  });

  it('asks nothing at the live edge until the next segment is in the playlist', () => {
    const { chooser, asked, hls } = set;
    set.playing(8);
    const live = fakeDetails(2, { live: true }, 100);
    hls.latestLevelDetails = live;
    hls.latency = 9;
    hls.targetLatency = 12;
    expect(chooser.nextAutoLevel).toBe(1);
    expect(asked).toHaveLength(0);
    hls.latestLevelDetails = fakeDetails(3, { live: true }, 100);
    expect(chooser.nextAutoLevel).toBe(2);
    expect(asked[0]).toMatchObject({ segment: { number: 102, remaining: null }, live: { latency: 9, target: 12 } });
  });

  it('makes the start level a choice too, before any playlist is there', () => {
    const { chooser, asked, answer } = set;
    answer.index = 1;
    expect(chooser.firstAutoLevel).toBe(LEVEL_OF_RUNG[1]);
    expect(asked[0]).toMatchObject({ segment: { number: null, remaining: null }, current: null });
  });

  it('leaves out a level that failed, and asks anew when that happens', () => {
    const { chooser, playing, asked, hls, answer } = set;
    playing(8);
    expect(chooser.nextAutoLevel).toBe(2);
    const failed = hls.levels[2];
    if (!failed) throw new Error('no level');
    failed.loadError = 1;
    failed.loadErrorTime = performance.now();
    answer.index = 1;
    chooser.nextAutoLevel = 0;
    expect(chooser.nextAutoLevel).toBe(LEVEL_OF_RUNG[1]);
    expect(asked.at(-1)?.candidates).toEqual([0, 1, 3]);
    failed.loadErrorTime = performance.now() - 31_000;
    chooser.forget();
    void chooser.nextAutoLevel;
    expect(asked.at(-1)?.candidates, 'the penalty is over').toEqual([0, 1, 2, 3]);
  });

  it('leaves the level of a segment under way when hls.js wants to, but goes where decide says', () => {
    const { chooser, playing, hls, segment, answer } = set;
    playing(8);
    void chooser.nextAutoLevel;
    chooser.taken(segment(2, 2));
    hls.inFlightFragments.main = { frag: segment(2, 2), state: 'FRAG_LOADING' };
    expect(chooser.nextAutoLevel).toBe(2);
    answer.index = 0;
    chooser.nextAutoLevel = 3;
    expect(chooser.nextAutoLevel).toBe(LEVEL_OF_RUNG[0]);
    expect(chooser.nextAutoLevel).toBe(LEVEL_OF_RUNG[0]);
  });

  it('keeps to the bounds of hls.js', () => {
    const { chooser, playing, asked, hls } = set;
    playing(8);
    Object.defineProperty(hls, 'maxAutoLevel', { value: 9 });
    hls.minAutoLevel = 1;
    void chooser.nextAutoLevel;
    expect(asked[0]?.candidates, 'level 0 is rung 1').toEqual([0, 2, 3]);
  });

  it('asks anew after forget(), and not before', () => {
    const { chooser, playing, asked } = set;
    playing(8);
    void chooser.nextAutoLevel;
    void chooser.nextAutoLevel;
    chooser.forget();
    void chooser.nextAutoLevel;
    expect(asked).toHaveLength(2);
  });

  it('a forced choice holds for the next segment whatever it is, and is not told twice', () => {
    const { chooser, playing, asked, segment, answer, hls } = set;
    playing(8);
    const forced = chooser.ask();
    if (!forced) throw new Error('no choice');
    chooser.force({ ...forced, index: 0 }, true);
    answer.index = 3;
    hls.mainForwardBufferInfo = { len: 30, start: 0, end: 30 };
    expect(chooser.nextAutoLevel, 'also over a full buffer').toBe(LEVEL_OF_RUNG[0]);
    expect(chooser.taken(segment(2, 1))).toBeNull();
    expect(chooser.current).toBe(0);
    hls.mainForwardBufferInfo = { len: 12, start: 0, end: 12 };
    expect(chooser.nextAutoLevel).toBe(LEVEL_OF_RUNG[3]);
    expect(asked).toHaveLength(2);
  });

  it('decides once for a segment that comes in parts, and again for the next', () => {
    const { chooser, playing, asked, segment, hls } = set;
    playing(8);
    hls.loadLevel = chooser.nextAutoLevel;
    const part = {} as Part;
    expect(chooser.taken(segment(2, 2), part)).toMatchObject({ index: 2, segment: { number: 2 } });
    const count = asked.length;
    hls.mainForwardBufferInfo = { len: 9, start: 0, end: 9 };
    expect(chooser.nextAutoLevel).toBe(2);
    expect(asked).toHaveLength(count);
    expect(chooser.taken(segment(2, 2), part)).toBeNull();
    hls.mainForwardBufferInfo = { len: 12, start: 0, end: 12 };
    void chooser.nextAutoLevel;
    expect(chooser.taken(segment(3, 2), part)).toMatchObject({ segment: { number: 3 } });
  });

  it('says so when hls.js fetched another level than was chosen', () => {
    const { chooser, playing, segment } = set;
    playing(8);
    void chooser.nextAutoLevel;
    expect(chooser.taken(segment(2, 3))).toMatchObject({ index: 3, reason: 'because (hls.js took 3 instead of 2)' });
  });

  it('holds fetching back for as long as the strategy asks, by letting the buffer look full', () => {
    const { chooser, playing, answer, asked, hls, clock } = set;
    playing(20);
    Object.assign(answer, { index: 2, wait: 5 });
    expect(chooser.nextAutoLevel, 'nothing to fetch: the level in use').toBe(1);
    expect(hls.config.maxBufferLength).toBe(15);
    for (let tick = 0; tick < 5; tick += 1) void chooser.nextAutoLevel;
    expect(asked).toHaveLength(1);
    hls.mainForwardBufferInfo = { len: 14.9, start: 5.1, end: 20 };
    delete answer.wait;
    expect(chooser.nextAutoLevel).toBe(2);
    expect(hls.config.maxBufferLength).toBe(30);
    expect(asked).toHaveLength(2);
    void clock;
  });

  it('a wait ends with its time when the buffer does not drain, as in a paused player', () => {
    const { chooser, playing, answer, asked, hls, clock } = set;
    playing(20);
    answer.wait = 5;
    void chooser.nextAutoLevel;
    clock.advance(4.9);
    void chooser.nextAutoLevel;
    expect(asked).toHaveLength(1);
    clock.advance(0.2);
    delete answer.wait;
    expect(chooser.nextAutoLevel).toBe(2);
    expect(hls.config.maxBufferLength).toBe(30);
  });

  it('knows the sizes of segments that playlists declare', () => {
    const { chooser, playing, asked, hls } = set;
    playing(8);
    const exact = fakeDetails(15);
    const [, , third] = exact.fragments;
    if (!third) throw new Error('no segment');
    third.byteLength = 123_456;
    const declared = fakeDetails(15);
    const [, , other] = declared.fragments;
    if (!other) throw new Error('no segment');
    other.bitrate = 1_000_000;
    const [a, b, c] = hls.levels;
    if (!a || !b || !c) throw new Error('no level');
    b.details = exact as never;
    a.details = declared as never;
    c.details = undefined as never;
    void chooser.nextAutoLevel;
    // 1 Mbit/s over 4 s is 500,000 bytes.
    expect(asked[0]?.segment.sizes).toEqual([123_456, 500_000, null, null]);
  });

  it('shows our estimate where hls.js looks for its own', () => {
    const { chooser, playing } = set;
    chooser.resetEstimator(700_000);
    expect(chooser.bwEstimator.canEstimate()).toBe(false);
    expect([chooser.bwEstimator.getEstimate(), chooser.bwEstimator.defaultEstimate]).toEqual([700_000, 700_000]);
    playing(8);
    void chooser.nextAutoLevel;
    expect(chooser.bwEstimator.canEstimate()).toBe(true);
    expect(chooser.bwEstimator.getEstimate()).toBe(3e6);
    expect(chooser.bwEstimator.getEstimateTTFB()).toBe(50);
  });

  it('has accessors for everything that hls.js reads and writes', () => {
    const { chooser } = set;
    chooser.firstAutoLevel = 3;
    chooser.forcedAutoLevel = 3;
    chooser.nextAutoLevel = 3;
    expect(chooser.forcedAutoLevel).toBe(-1);
  });
});
