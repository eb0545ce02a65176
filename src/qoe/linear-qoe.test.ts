import { describe, expect, it } from 'vitest';
import { BRIEF_LADDER, madeUpSession } from '../session/made-up-session.ts';
import { EMPTY_TIMELINE, replay } from '../session/timeline.ts';
import { linearQoe, linearQuality, scoreChunks } from './linear-qoe.ts';

const PENSIEVE = [300, 750, 1200, 1850, 2850, 4300].map((kbps) => ({ id: `${kbps}k`, bitrate: kbps * 1000 }));
const chunk = (kbps: number, stall = 0, startup = 0) => ({ bitrate: kbps * 1000, stall, startup });
/** 0.3 (start-up 1 s), 0.75, 4.3 (stall 2 s), 1.2 Mbit/s. */
const chunks = [chunk(300, 0, 1), chunk(750), chunk(4300, 2), chunk(1200)];

describe('a list of chunks', () => {
  it('bitrate: Σ q − 4.3·T − Σ|Δq| = 6.55 − 4.3·3 − (0.45 + 3.55 + 3.1)', () => {
    const { value, terms } = scoreChunks(chunks, PENSIEVE, { normalise: 'sum' });
    expect(terms.quality).toBeCloseTo(6.55, 12);
    expect(terms.stalling).toBeCloseTo(-8.6, 12);
    expect(terms.startup).toBeCloseTo(-4.3, 12);
    expect(terms.switching).toBeCloseTo(-7.1, 12);
    expect(value).toBeCloseTo(-13.45, 12);
  });

  it('log: ln(R / lowest), μ 2.66', () => {
    const worth = [0, Math.log(2.5), Math.log(4300 / 300), Math.log(4)];
    const [, a = 0, b = 0, c = 0] = worth;
    const { value } = scoreChunks(chunks, PENSIEVE, { quality: 'log', normalise: 'sum' });
    expect(value).toBeCloseTo(a + b + c - 2.66 * 3 - (a + (b - a) + (b - c)), 12);
  });

  it('hd: by its table, μ 8: 1 + 2 + 20 + 3 − 24 − (1 + 18 + 17)', () => {
    expect(scoreChunks(chunks, PENSIEVE, { quality: 'hd', normalise: 'sum' }).value).toBeCloseTo(-34, 12);
  });

  it('is linear between the rungs of that table, and flat beyond it', () => {
    expect(linearQuality('hd', 525_000, 0)).toBeCloseTo(1.5, 12);
    expect(linearQuality('hd', 150_000, 0)).toBeCloseTo(0.5, 12);
    expect(linearQuality('hd', 9e6, 0)).toBe(20);
  });

  it('per chunk: a quarter of the sum; per second of 4 s chunks: quality by the second', () => {
    expect(scoreChunks(chunks, PENSIEVE).value).toBeCloseTo(-13.45 / 4, 12);
    const { terms, value } = scoreChunks(chunks, PENSIEVE, { normalise: 'perSecond' });
    expect(terms.quality).toBeCloseTo((6.55 * 4) / 16, 12);
    expect(value).toBeCloseTo((6.55 * 4 - 8.6 - 4.3 - 7.1) / 16, 12);
  });

  it("penalties are one's own to choose; start-up may be left out", () => {
    const { value } = scoreChunks(chunks, PENSIEVE, {
      stallPenalty: 'top',
      switchPenalty: 0,
      startup: false,
      normalise: 'sum',
    });
    expect(value).toBeCloseTo(6.55 - 4.3 * 2, 12);
    expect(scoreChunks(chunks, BRIEF_LADDER, { stallPenalty: 'top', normalise: 'sum' }).terms.stalling).toBeCloseTo(
      -11.6,
      12,
    );
  });

  it('of no chunks has no score', () => {
    expect(scoreChunks([], PENSIEVE)).toEqual({ value: null, terms: {} });
  });
});

describe('a session', () => {
  const session = { ladder: PENSIEVE, startup: 1, renditions: [0, 1, 5, 2], stalls: [{ at: 9, duration: 2 }] };

  it.each(['bitrate', 'log', 'hd'] as const)('%s: scores as its chunks do', (quality) => {
    for (const normalise of ['sum', 'perChunk', 'perSecond'] as const) {
      const expected = scoreChunks(chunks, PENSIEVE, { quality, normalise });
      const scored = linearQoe({ quality, normalise }).score(replay(madeUpSession(session)));
      expect(scored.value).toBeCloseTo(expected.value as number, 9);
      for (const [term, value] of Object.entries(expected.terms))
        expect(scored.terms[term], term).toBeCloseTo(value, 9);
    }
  });

  it('counts a chunk shown in part for that part', () => {
    const events = madeUpSession({ ...session, renditions: [1], stalls: [], ended: false });
    const half = events.filter(({ at }) => at <= 3);
    // 2 s of 4 s at 0.75 Mbit/s
    expect(linearQoe({ normalise: 'sum', startup: false }).score(replay(half)).value).toBeCloseTo(0.375, 12);
  });

  it('in chunks of another length, if one says so', () => {
    const timeline = replay(madeUpSession({ ...session, renditions: [1, 1], stalls: [] }));
    expect(linearQoe({ normalise: 'sum', chunkDuration: 2, startup: false }).score(timeline).value).toBeCloseTo(3, 12);
  });

  it('a sum grows with the session: provisional until it has ended', () => {
    const timeline = replay(madeUpSession({ ...session, ended: false }));
    expect(linearQoe({ normalise: 'sum' }).score(timeline).provisional).toBe(true);
    expect(linearQoe().score(timeline)).not.toHaveProperty('provisional');
  });

  it('that never started has no score', () => {
    expect(linearQoe().score(EMPTY_TIMELINE)).toEqual({ value: null, terms: {} });
  });

  it('is named for its quality', () => {
    expect([linearQoe().name, linearQoe({ quality: 'log' }).name, linearQoe({ quality: 'hd' }).name]).toEqual([
      'linear',
      'linear-log',
      'linear-hd',
    ]);
  });
});

it('refuses options that cannot work', () => {
  expect(() => linearQoe({ stallPenalty: -1 })).toThrow('stallPenalty must be "top" or >= 0, got -1');
  expect(() => linearQoe({ switchPenalty: Number.NaN })).toThrow('switchPenalty must be >= 0, got NaN');
  expect(() => linearQoe({ chunkDuration: 0 })).toThrow('chunkDuration must be > 0 s, got 0');
  expect(() => linearQoe({ quality: 'x' as 'log' })).toThrow('quality must be bitrate, log or hd, got "x"');
  expect(() => linearQoe({ normalise: 'x' as 'sum' })).toThrow('normalise must be sum, perChunk or perSecond, got "x"');
});
