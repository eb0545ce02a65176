import { describe, expect, it } from 'vitest';
import type { Fact } from '../media/playback-event.ts';
import { robustMpc } from './robust-mpc.ts';
import type { AbrContext, AbrStrategy, DownloadProgress } from './strategy.ts';
import { harmonicForecast } from './throughput-forecast.ts';

const ladder = [1000, 2000, 4000].map((rate) => ({ id: `${rate}k`, bitrate: rate * 1000 }));

const context = (over: Partial<AbrContext> = {}): AbrContext => ({
  ladder,
  candidates: [0, 1, 2],
  current: 0,
  segment: { number: 20, start: 60, duration: 3, sizes: null, remaining: 100 },
  bufferLevel: 20,
  bufferTarget: 25,
  position: 0,
  playbackRate: 1,
  phase: 'steady',
  live: null,
  now: 0,
  throughput: null,
  latency: 0,
  edge: null,
  ...over,
});

const tell = (observer: Pick<AbrStrategy, 'observe'>, ...facts: Fact[]): void => {
  for (const fact of facts) observer.observe?.({ ...fact, at: 1 });
};

/** A download of these Mbit in 1 s, a quarter of it before the first byte. */
const downloaded = (mbit: number, outcome: 'ok' | 'aborted' = 'ok'): Fact => ({
  type: 'request',
  id: 0,
  attempt: 1,
  kind: 'segment',
  url: 'x',
  segment: { track: 'video', rendition: 0, number: 0, start: 0, duration: 3 },
  start: 0,
  firstByte: 0.25,
  bytes: (mbit * 1e6) / 8,
  status: 200,
  outcome,
  fromCache: false,
  error: null,
});

describe('harmonicForecast', () => {
  it('is the harmonic mean over whole downloads, and remembers how right it was', () => {
    const forecast = harmonicForecast(2, 3);
    expect(forecast.expected()).toBeNull();
    tell(forecast, downloaded(4));
    expect(forecast.expected()).toBeCloseTo(4e6, 3);
    tell(forecast, downloaded(2), downloaded(1, 'aborted'));
    // 2 / (1/4 + 1/2) = 2.667; 2 came where 4 were expected.
    expect(forecast.expected()).toBeCloseTo(8e6 / 3, 3);
    expect(forecast.ratios()).toEqual([0.5]);
    tell(forecast, downloaded(4));
    expect(forecast.expected()).toBeCloseTo(8e6 / 3, 3);
    expect(forecast.ratios()[1]).toBeCloseTo(1.5, 9);
  });

  it('gives a constant back as it is', () => {
    const forecast = harmonicForecast(5, 5);
    for (let n = 0; n < 9; n += 1) tell(forecast, downloaded(3));
    expect(forecast.expected()).toBeCloseTo(3e6, 3);
    expect(Math.max(...forecast.ratios())).toBeCloseTo(1, 12);
    expect(() => harmonicForecast(0, 5)).toThrow('window must be a whole number > 0, got 0');
  });
});

describe('robustMpc', () => {
  it('takes the lowest before there is anything to predict from', () => {
    expect(robustMpc().decide(context()).index).toBe(0);
  });

  it('as published, plans for the expectation less its largest recent error', () => {
    // 4 Mbit/s expected; an error of 1 (4 expected, 2 came) would halve the harmonic mean of 2 and 4.
    const steady = robustMpc({ plansFor: 'lowerBound' });
    tell(steady, downloaded(4.4), downloaded(4.4));
    expect(steady.decide(context({ bufferLevel: 6 })).reason).toContain('at 4.4 Mbit/s');
    const shaken = robustMpc({ plansFor: 'lowerBound' });
    tell(shaken, downloaded(4), downloaded(2));
    // 2.667 / (1 + 1).
    expect(shaken.decide(context()).reason).toContain('at 1.33 Mbit/s');
    expect(robustMpc({ plansFor: 'expected' }).decide(context({ throughput: 3e6 })).reason).toContain('at 3 Mbit/s');
  });

  it('takes a rung that the buffer pays for over the horizon, and saves up where it does not', () => {
    // At 3 Mbit/s a 4 Mbit/s segment takes 4 s and adds 3. Five of them cost 5 s of buffer: free with 20 s. With 3 s the best
    // plan is 1, 2, 4, 4, 4 Mbit/s (15 less 3 of changes, no stall: 12), before 2, 2, 2, 4, 4 (14 less 3).
    const strategy = robustMpc({ plansFor: 'expected' });
    tell(strategy, downloaded(3));
    expect(strategy.decide(context({ bufferLevel: 20 })).index).toBe(2);
    expect(strategy.decide(context({ bufferLevel: 3 })).index).toBe(0);
  });

  it('by default also counts on the network halving, less so where it has been steady', () => {
    const strategy = robustMpc();
    tell(strategy, downloaded(4));
    // Only one download: nothing is known of its errors.
    expect(strategy.decide(context()).reason).toContain('at 2 and 3 Mbit/s');
    tell(strategy, downloaded(4), downloaded(4), downloaded(4), downloaded(4));
    expect(strategy.decide(context()).reason).toContain('at 4 and 4 Mbit/s');
  });

  it('knows the sizes it is told: a large segment ahead is saved up for', () => {
    const strategy = robustMpc({ plansFor: 'expected', horizon: 2 });
    tell(strategy, downloaded(4));
    const bytes = (...mbit: number[]) => mbit.map((size) => (size * 1e6) / 8);
    // 12 Mbit in 3 s of 4: nothing lost. But next come 16 Mbit even at the lowest: 4 s; 4 − 3 + 3 = 4 s are just enough.
    const segment = { number: 20, start: 60, duration: 3, sizes: bytes(3, 6, 12), remaining: 2 };
    const ahead = (mbit: number) => ({ ...segment, upcoming: [bytes(mbit, mbit, mbit)] });
    expect(strategy.decide(context({ bufferLevel: 4, current: 2, segment: ahead(16) })).index).toBe(2);
    // 28 Mbit: 7 s. The top now stalls 3 s then (−12); the middle 1.5 s (−6) but changes (−2 −2), the lowest 0.75 s …
    expect(strategy.decide(context({ bufferLevel: 4, current: 0, segment: ahead(28) })).index).toBe(0);
  });

  it('gives a download up when the plan with a lower rung is worth more', () => {
    const strategy = robustMpc();
    tell(strategy, downloaded(8), { type: 'buffered', track: 'video', rendition: 2, start: 0, end: 3, bytes: 1 });
    const asked = context({ bufferLevel: 2, current: 2 });
    const progress = (elapsed: number, mbit: number): DownloadProgress => ({
      index: 2,
      elapsed,
      firstByte: 0.1,
      bytes: (mbit * 1e6) / 8,
      totalBytes: 1_500_000,
    });
    // 1 Mbit after 2 s, with half a second of the expected 8 Mbit/s: 2 Mbit/s. 11 Mbit left take 5.5 s, 3.5 of them stalled.
    expect(strategy.abandon?.(asked, progress(2, 1))?.index).toBe(0);
    // 8 Mbit after 2 s: 4.8 Mbit/s, 4 left take 0.8 s.
    expect(strategy.abandon?.(asked, progress(2, 8))).toBeNull();
    // Nothing is judged in the first half second.
    expect(strategy.abandon?.(asked, progress(0.4, 0.01))).toBeNull();
  });

  it('names the option that is out of range', () => {
    expect(() => robustMpc({ horizon: 0 })).toThrow('horizon must be a whole number > 0, got 0');
    expect(() => robustMpc({ rebufferPenalty: -1 })).toThrow('rebufferPenalty must be >= 0, got -1');
    expect(() => robustMpc({ switchPenalty: Number.NaN })).toThrow('switchPenalty must be >= 0, got NaN');
  });
});
