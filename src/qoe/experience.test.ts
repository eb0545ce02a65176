import { describe, expect, it } from 'vitest';
import type { Fact, PlaybackEvent } from '../media/playback-event.ts';
import { BRIEF_LADDER, madeUpSession } from '../session/made-up-session.ts';
import { EMPTY_TIMELINE, replay } from '../session/timeline.ts';
import { experience } from './experience.ts';

const session = {
  ladder: BRIEF_LADDER,
  startup: 2,
  renditions: Array<number>(15).fill(9),
  playerSize: { width: 1920, height: 1080 },
};
const told = (...steps: readonly (readonly [at: number, fact: Fact])[]) =>
  experience().score(replay(steps.map(([at, fact]): PlaybackEvent => ({ ...fact, at }))));
const asked: Fact = { type: 'playbackRequest' };
const fatal: Fact = {
  type: 'error',
  category: 'media',
  code: 'MEDIA_DECODE_FAILED',
  message: '',
  fatal: true,
  url: null,
  status: null,
};

it('start-up: 100·8/(8 + 2) = 80; smooth, sharp and successful otherwise', () => {
  const { value, terms } = experience().score(replay(madeUpSession(session)));
  expect(terms).toEqual({ success: 100, startup: 80, smoothness: 100, quality: 100 });
  expect(value).toBeCloseTo(280 / 3, 12);
});

it('smoothness: two stalls of 3 s in 68 s watched: mean of 100/√2 and 100·e^(−10·6/68)', () => {
  const events = madeUpSession({
    ...session,
    stalls: [
      { at: 10, duration: 3 },
      { at: 40, duration: 3 },
    ],
  });
  const { terms } = experience().score(replay(events));
  expect(terms.smoothness).toBeCloseTo((100 / Math.SQRT2 + 100 * Math.exp(-60 / 68)) / 2, 9);
});

it('quality: half the time enlarged to twice the sides (U 1): 100·e^(−0.33·(0.15·1 + 0.85·0.5))', () => {
  // 1280×720 fits 2560×1440 at twice its sides, 1920×1080 at 4/3.
  const ladder = [
    { id: 'a', bitrate: 1e6, width: 1280, height: 720 },
    { id: 'b', bitrate: 2e6, width: 2560, height: 1440 },
  ];
  const events = madeUpSession({
    ...session,
    ladder,
    renditions: [0, 0, 1, 1],
    playerSize: { width: 2560, height: 1440 },
  });
  expect(experience().score(replay(events)).terms.quality).toBeCloseTo(100 * Math.exp(-0.33 * (0.15 + 0.85 * 0.5)), 9);
});

it('quality without a known player has no say, unless its size is given', () => {
  const { playerSize: _, ...unknown } = { ...session, renditions: [0, 9] };
  const timeline = replay(madeUpSession(unknown));
  const without = experience().score(timeline);
  expect(without.terms).not.toHaveProperty('quality');
  expect(without.value).toBeCloseTo(90, 12);
  expect(without.notes).toEqual(['size of player or picture not known: picture quality has no say']);
  // 320×240 fits 640×480 at twice its sides, half the time.
  const given = experience({ playerSize: { width: 640, height: 480 } }).score(timeline);
  expect(given.terms.quality).toBeCloseTo(100 * Math.exp(-0.33 * (0.15 + 0.85 * 0.5)), 9);
});

describe('success', () => {
  it('0 when it failed, before or after the start', () => {
    expect(told([0, asked], [2, fatal])).toMatchObject({ value: 0, terms: { success: 0 } });
    expect(told([0, asked], [1, { type: 'playing', position: 0 }], [9, fatal])).toMatchObject({
      value: 0,
      terms: { success: 0 },
    });
  });

  it('50 when the viewer gave up waiting: half of the start-up score of 8 s', () => {
    expect(told([0, asked], [8, { type: 'sessionEnd', reason: 'quit' }])).toEqual({
      value: 25,
      terms: { success: 50, startup: 50 },
    });
  });

  it('none when the viewer left at once, or has not seen anything yet', () => {
    expect(told([0, asked], [0.9, { type: 'sessionEnd', reason: 'quit' }]).value).toBeNull();
    expect(told([0, asked]).value).toBeNull();
    expect(experience().score(EMPTY_TIMELINE)).toEqual({ value: null, terms: {} });
  });
});

it('refuses a player without a size', () => {
  expect(() => experience({ playerSize: { width: 0, height: 9 } })).toThrow('playerSize must be > 0 pixels, got 0×9');
});
