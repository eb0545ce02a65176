import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlaybackEvent } from '../media/playback-event.ts';
import { BRIEF_LADDER, madeUpSession } from '../session/made-up-session.ts';
import { advance, EMPTY_TIMELINE, replay } from '../session/timeline.ts';
import { parseForestCsv } from './p1203/forest.ts';
import type { P1203Input } from './p1203/input.ts';
import { scoreP1203 } from './p1203/score-p1203.ts';
import { type P1203Options, p1203 } from './p1203.ts';

const renditions = [0, 3, 5, 7, 9, 9, 2, 2, 9, 9, 9, 9, 4, 9, 9];
const session = { ladder: BRIEF_LADDER, startup: 2.5, renditions, sound: true, stalls: [{ at: 17, duration: 3 }] };

/** What a standard's input report of {@link session} says. */
const report: P1203Input = {
  IGen: { displaySize: '1920x1080', device: 'pc' },
  I11: { segments: renditions.map(() => ({ codec: 'aaclc', duration: 4, bitrate: 128 })) },
  I13: {
    segments: renditions.map((index) => {
      const { id, bitrate, width, height } = BRIEF_LADDER[index] ?? { id: '', bitrate: 0 };
      return {
        codec: 'h264',
        duration: 4,
        bitrate: bitrate / 1000,
        resolution: `${width}x${height}`,
        fps: 24,
        representation: id,
      };
    }),
  },
  I23: {
    stalling: [
      [0, 2.5],
      [17, 3],
    ],
  },
};

const scored = (events: readonly PlaybackEvent[], options: P1203Options = {}) => p1203(options).score(replay(events));

describe('a session', () => {
  it('scores as its report to the standard would', () => {
    const expected = scoreP1203(report);
    const { value, terms } = scored(madeUpSession(session));
    expect(terms.O23).toBeCloseTo(expected.O23, 9);
    expect(terms.O35).toBeCloseTo(expected.O35, 9);
    expect(value).toBeCloseTo(expected.partial, 9);
    expect(terms.seconds).toBe(60);
  });

  it('with a forest has an O46 and is named for it', () => {
    const forest = parseForestCsv(['0, -1, 3, 0, 0']);
    const scorer = p1203({ forest });
    const { value, terms, notes } = scorer.score(replay(madeUpSession(session)));
    expect(scorer.name).toBe('p1203');
    expect(value).toBeCloseTo(scoreP1203(report, { forest }).O46 as number, 9);
    expect(terms.forest).toBe(3);
    expect(notes).toBeUndefined();
  });

  it('without one says that it is no P.1203 score', () => {
    const scorer = p1203();
    expect(scorer.name).toBe('p1203-partial');
    expect(scorer.score(replay(madeUpSession(session))).notes?.[0]).toContain('not a P.1203 score');
  });

  it('goes by device, display and variant as the standard does', () => {
    const events = madeUpSession({
      ...session,
      renditions: renditions.map(() => 0),
      playerSize: { width: 640, height: 480 },
    });
    const small = { ...report, IGen: { displaySize: '640x480', device: 'mobile' } } as const;
    const [lowest] = report.I13.segments.slice(0, 1);
    const input = { ...small, I13: { segments: renditions.flatMap(() => lowest ?? []) } };
    const variants = { amendment1Audiovisual: true, amendment1Stalling: true, appendix2: true };
    const { value } = scored(events, { device: 'mobile', amendment1: true, appendix2: true });
    expect(value).toBeCloseTo(scoreP1203(input, variants).partial, 9);
  });

  it('takes the sound off what holds both, or is only declared', () => {
    const native = madeUpSession({ ...session, sound: false }).filter(
      ({ type }) => type !== 'buffered' && type !== 'request',
    );
    const { notes, terms } = scored(native);
    const video = report.I13.segments.map((segment) => ({ ...segment, bitrate: segment.bitrate - 128 }));
    const expected = scoreP1203({ ...report, I13: { segments: video } });
    expect(terms.O35).toBeCloseTo(expected.O35, 9);
    expect(notes).toContain('bytes of the picture not known: declared bitrates taken');
    expect(notes).toContain('bitrate of the audio not known apart from the picture: an assumed one taken');
  });

  it('without sound has none', () => {
    const silent = BRIEF_LADDER.map((rendition) => ({ ...rendition, codecs: 'avc1.640028' }));
    const { terms } = scored(madeUpSession({ ...session, ladder: silent, sound: false }));
    expect(terms).not.toHaveProperty('audio');
    expect(terms.O35).toBeCloseTo(scoreP1203({ ...report, I11: { segments: [] } }).O35, 9);
  });

  it('of another codec says that it was taken for H.264', () => {
    const hevc = BRIEF_LADDER.map((rendition) => ({ ...rendition, codecs: 'hvc1.1.6.L120' }));
    expect(scored(madeUpSession({ ...session, ladder: hevc })).notes).toContain(
      'P.1203 knows H.264 only: other codecs are scored as if they were that',
    );
  });

  it('without a second of media, or without sizes, has no score', () => {
    expect(p1203().score(EMPTY_TIMELINE)).toEqual({ value: null, terms: {} });
    const bare = BRIEF_LADDER.map(({ id, bitrate }) => ({ id, bitrate }));
    expect(scored(madeUpSession({ ...session, ladder: bare }))).toEqual({
      value: null,
      terms: {},
      notes: ['a rendition declares no size: its media is left out'],
    });
  });
});

describe('live', () => {
  const facts = madeUpSession({ ...session, sampleInterval: 0.25 });

  it('is at every fact what a replay up to it says: what is remembered shows in nothing', () => {
    const scorer = p1203({ window: 20 });
    let timeline = EMPTY_TIMELINE;
    for (const [index, fact] of facts.entries()) {
      timeline = advance(timeline, fact);
      const now = scorer.score(timeline);
      if (index % 7 === 0)
        expect(now, `fact ${index}`).toEqual(p1203({ window: 20 }).score(replay(facts.slice(0, index + 1))));
    }
  });

  it('does not mind being asked of the past, or of two sessions at once', () => {
    const scorer = p1203({ window: 20 });
    const other = madeUpSession({ ...session, renditions: [9, 9, 9, 9, 9, 9] });
    const past = replay(facts.slice(0, 120));
    const [early, now, beside] = [scorer.score(past), scorer.score(replay(facts)), scorer.score(replay(other))];
    let timeline = EMPTY_TIMELINE;
    const steps = facts.map((fact) => {
      timeline = advance(timeline, fact);
      return timeline;
    });
    scorer.score(timeline);
    expect(scorer.score(steps[119] as typeof timeline)).toEqual(early);
    expect(scorer.score(timeline)).toEqual(now);
    expect(scorer.score(replay(other))).toEqual(beside);
  });

  it('is provisional until the end', () => {
    expect(scored(facts.slice(0, -1)).provisional).toBe(true);
    expect(scored(facts)).not.toHaveProperty('provisional');
  });

  it('feels a stall while it goes on', () => {
    const waiting = facts.findIndex(({ type, at }) => type === 'waiting' && at > 10);
    const before = replay(facts.slice(0, waiting + 1));
    const scorer = p1203();
    const during = (seconds: number) =>
      scorer.score(advance(before, { type: 'cap', source: 'user', index: null, at: before.at + seconds }))
        .value as number;
    expect(during(5)).toBeLessThan(during(1));
  });
});

describe('a long session', () => {
  const bad = Array(30).fill(0);
  const good = Array(30).fill(9);
  // Five minutes: 2 min bad, 2 min good, 1 min bad.
  const long = {
    ladder: BRIEF_LADDER,
    startup: 9,
    renditions: [...bad, ...good, ...bad.slice(15)],
    sound: true,
    stalls: [{ at: 250, duration: 4 }],
  };
  const minute = (from: number) => ({
    ...report,
    I13: { segments: Array(15).fill({ ...report.I13.segments[from], representation: 'a' }) },
  });

  it('is scored by its last window: the start-up is over, later stalls are in their place', () => {
    const { value, terms } = scored(madeUpSession(long), { window: 60 });
    const expected = scoreP1203({
      ...minute(0),
      I23: {
        stalling: [
          [0, 0],
          [10, 4],
        ],
      },
    });
    expect(terms.seconds).toBe(60);
    // Where the last window begins, a second before it is looked at together with it: almost, not to the last bit.
    expect(terms.O23).toBeCloseTo(expected.O23, 9);
    expect(value).toBeCloseTo(expected.partial, 2);
  });

  it('tells of the windows that are over: how many, their mean, the worst', () => {
    const { terms } = scored(madeUpSession(long), { window: 60 });
    // The last one needs what comes after it, which does not come: four are over.
    expect(terms.windows).toBe(4);
    expect(terms.windowWorst).toBeLessThan(2);
    const whole = scored(madeUpSession({ ...long, stalls: [] }), { window: 60 }).terms;
    expect(whole.windowMean).toBeGreaterThan(whole.windowWorst as number);
  });

  it('or as a whole, if one wants', () => {
    const { terms } = scored(madeUpSession(long), { window: Number.POSITIVE_INFINITY });
    expect(terms.seconds).toBe(300);
    expect(terms).not.toHaveProperty('windows');
  });
});

it('takes any session without tripping: MOS within 1…5', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(9), { minLength: 1, maxLength: 30 }),
      fc.double({ min: 0, max: 30, noNaN: true }),
      fc.integer({ min: 10, max: 40 }),
      fc.double({ min: 0.3, max: 9, noNaN: true }),
      (rungs, startup, window, segmentDuration) => {
        const { value } = scored(madeUpSession({ ladder: BRIEF_LADDER, startup, renditions: rungs, segmentDuration }), {
          window,
        });
        if (value !== null) {
          expect(value).toBeGreaterThanOrEqual(1);
          expect(value).toBeLessThanOrEqual(5);
        }
      },
    ),
  );
});

it('refuses options that cannot work', () => {
  expect(() => p1203({ window: 5 })).toThrow('window must be a whole number of s >= 10, or Infinity, got 5');
  expect(() => p1203({ window: 60.5 })).toThrow(RangeError);
  expect(() => p1203({ audioBitrateKbps: 0 })).toThrow('audioBitrateKbps must be > 0, got 0');
  expect(() => p1203({ displaySize: 'HD' })).toThrow('displaySize must be a size such as "1920x1080", got "HD"');
});
