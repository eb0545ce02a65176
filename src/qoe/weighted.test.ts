import { describe, expect, it } from 'vitest';
import type { Fact, PlaybackEvent } from '../media/playback-event.ts';
import { BRIEF_LADDER, madeUpSession } from '../session/made-up-session.ts';
import { EMPTY_TIMELINE, replay, type Timeline } from '../session/timeline.ts';
import { weighted } from './weighted.ts';

/** An hour of one bitrate with so many switches, start-up time and stalls, as the components see it; ended. */
function hourAt(
  kbps: number,
  {
    switches = 0,
    startup = 0,
    stalls = 0,
    media = 3600,
  }: Partial<Record<'switches' | 'startup' | 'stalls' | 'media', number>> = {},
): Timeline {
  const other = { id: 'other', bitrate: kbps * 1000 };
  return {
    ...EMPTY_TIMELINE,
    ladder: [other, { ...other, id: 'same' }],
    requestedAt: 0,
    startedAt: startup,
    mediaPlayed: media,
    timeIn: { ...EMPTY_TIMELINE.timeIn, starting: startup, playing: media - startup },
    totals: {
      ...EMPTY_TIMELINE.totals,
      time: [media, 0],
      rendition: 0,
      switches: switches > 0 ? [{ from: 0, to: 1, count: switches }] : [],
    },
    stalls: Array.from({ length: stalls }, () => ({ start: 0, end: 0, position: 0, played: 0 })).reduce(
      (list, stall) => list.push(stall),
      EMPTY_TIMELINE.stalls,
    ),
    ended: 'ended',
  };
}

describe('the table of the brief', () => {
  // 10 sw/min for an hour = 600; 0.5 sw/min = 30. The last row is 10 min long: 6 stalls an hour, 0.2 switches a minute.
  it.each([
    ['perfect at 5800', hourAt(5800), [3.206, 1, 1, 1], 1.882, 100],
    ['perfect at 16000', hourAt(16_000), [4.221, 1, 1, 1], 2.288, 100],
    ['perfect at 235', hourAt(235), [0, 1, 1, 1], 0.6, 60],
    ['perfect at 145', hourAt(145), [-0.483, 1, 1, 1], 0.407, 60],
    ['terrible at 5800', hourAt(5800, { switches: 600, startup: 20, stalls: 60 }), [3.206, 0, 0.001, 0], 1.283, 40],
    ['clean at 1500', hourAt(1500, { switches: 30, startup: 1 }), [1.854, 0.607, 0.717, 1], 1.167, 66],
    [
      '5800, one stall in 10 min',
      hourAt(5800, { switches: 2, startup: 1, stalls: 1, media: 600 }),
      [3.206, 0.819, 0.717, 0.002],
      1.672,
      79,
    ],
  ])('%s', (_what, timeline, [quality = 0, stability = 0, startup = 0, buffering = 0], raw, normalised) => {
    const { value, terms } = weighted().score(timeline);
    expect(terms.quality).toBeCloseTo(quality, 3);
    expect(terms.stability).toBeCloseTo(stability, 3);
    expect(terms.startup).toBeCloseTo(startup, 3);
    expect(terms.buffering).toBeCloseTo(buffering, 3);
    expect(value).toBeCloseTo(raw, 3);
    expect(Math.round(terms.normalised ?? Number.NaN)).toBe(normalised);
  });

  it('the stall of the last row is 6 an hour: e^−6', () => {
    const { terms } = weighted().score(hourAt(5800, { switches: 2, startup: 1, stalls: 1, media: 600 }));
    expect(terms.buffering).toBeCloseTo(Math.exp(-6), 12);
  });
});

describe('traps', () => {
  it('no playback is no score: null, never −∞', () => {
    expect(weighted().score(EMPTY_TIMELINE)).toEqual({ value: null, terms: {} });
    const facts: Fact[] = [{ type: 'playbackRequest' }, { type: 'sessionEnd', reason: 'quit' }];
    expect(weighted().score(replay(facts.map((fact): PlaybackEvent => ({ ...fact, at: 1 })))).value).toBeNull();
  });

  it('a young session that goes on divides its switches by a minute at least; an ended one by what it lasted', () => {
    const young = { ...hourAt(1000, { switches: 1, media: 6 }), ended: null };
    expect(weighted().score(young).terms.stability).toBeCloseTo(Math.exp(-1), 12);
    expect(weighted().score({ ...young, ended: 'quit' }).terms.stability).toBeCloseTo(Math.exp(-10), 12);
    expect(weighted({ minimumMinutes: 0 }).score(young).terms.stability).toBeCloseTo(Math.exp(-10), 12);
  });

  it('says that it is provisional for as long as it does so', () => {
    expect(weighted().score({ ...hourAt(1000, { media: 59 }), ended: null }).provisional).toBe(true);
    expect(weighted().score({ ...hourAt(1000, { media: 60 }), ended: null })).not.toHaveProperty('provisional');
    expect(weighted().score(hourAt(1000, { media: 59 }))).not.toHaveProperty('provisional');
  });

  it('a ladder that goes higher than the brief has its own top', () => {
    expect(weighted().score(hourAt(16_000)).terms.normalised).toBeCloseTo(100, 9);
    const half = {
      ...hourAt(5800),
      ladder: [
        { id: 'a', bitrate: 5_800_000 },
        { id: 'b', bitrate: 16_000_000 },
      ],
    };
    expect(weighted().score(half).terms.normalised).toBeCloseTo(
      100 * (0.4 * (Math.log(5800 / 235) / Math.log(16_000 / 235)) + 0.6),
      9,
    );
  });

  it('refuses a minimum that is none', () => {
    expect(() => weighted({ minimumMinutes: -1 })).toThrow('minimumMinutes must be >= 0, got -1');
  });
});

it('scores a session from its facts: 8 s at 235, 8 s at 3000, one stall, 1.5 s of start-up', () => {
  const events = madeUpSession({
    ladder: BRIEF_LADDER,
    startup: 1.5,
    renditions: [0, 0, 7, 7],
    stalls: [{ at: 6, duration: 2 }],
  });
  const quality = Math.log((235 + 3000) / 2 / 235);
  const stability = Math.exp(-1 / (16 / 60));
  const startup = Math.exp(-1.5 / 3);
  const buffering = Math.exp(-1 / ((1.5 + 16 + 2) / 3600));
  const { value, terms } = weighted().score(replay(events));
  expect(terms.quality).toBeCloseTo(quality, 9);
  expect(terms.stability).toBeCloseTo(stability, 9);
  expect(terms.startup).toBeCloseTo(startup, 9);
  expect(terms.buffering).toBeCloseTo(buffering, 12);
  expect(value).toBeCloseTo(0.4 * quality + 0.3 * stability + 0.2 * startup + 0.1 * buffering, 9);
});
