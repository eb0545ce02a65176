import { describe, expect, it } from 'vitest';
import { festive } from './festive.ts';
import type { AbrContext, AbrStrategy } from './strategy.ts';

const ladder = [1000, 2000, 4000].map((rate) => ({ id: `${rate}k`, bitrate: rate * 1000 }));

const context = (current: number | null, bufferLevel = 10): AbrContext => ({
  ladder,
  candidates: [0, 1, 2],
  current,
  segment: { number: 20, start: 60, duration: 3, sizes: null, remaining: 100 },
  bufferLevel,
  bufferTarget: 25,
  position: 0,
  playbackRate: 1,
  phase: 'steady',
  live: null,
  now: 0,
  throughput: null,
  latency: 0,
  edge: null,
});

const downloaded = (strategy: AbrStrategy, mbps: number): void =>
  strategy.observe?.({
    type: 'request',
    at: 1,
    id: 0,
    attempt: 1,
    kind: 'segment',
    url: 'x',
    segment: { track: 'video', rendition: 0, number: 0, start: 0, duration: 3 },
    start: 0,
    firstByte: 0,
    bytes: (mbps * 1e6) / 8,
    status: 200,
    outcome: 'ok',
    fromCache: false,
    error: null,
  });

const decided = (strategy: AbrStrategy, ...indices: number[]): void => {
  for (const index of indices) {
    strategy.observe?.({
      type: 'decision',
      at: 0,
      trigger: 'next',
      strategy: 'festive',
      segment: { number: 0, start: 0 },
      from: null,
      index,
      candidates: [0, 1, 2],
      reason: '',
      inputs: { throughput: null, latency: null, bufferLevel: 10, bufferTarget: 25, playbackRate: 1 },
    });
  }
};

describe('festive', () => {
  it('starts with the lowest, and climbs from the k-th rung only after k segments on it', () => {
    const strategy = festive();
    expect(strategy.decide(context(null)).index).toBe(0);
    downloaded(strategy, 10);
    decided(strategy, 0);
    expect(strategy.decide(context(0)).index).toBe(1);
    decided(strategy, 1);
    expect(strategy.decide(context(1)).index).toBe(1);
    decided(strategy, 1);
    expect(strategy.decide(context(1)).index).toBe(2);
  });

  it('spends 85 % of the harmonic mean, and goes down one rung at a time', () => {
    const strategy = festive();
    // Harmonic mean of 4 and 2: 2.667; 85 %: 2.267, so 2 Mbit/s is the target.
    downloaded(strategy, 4);
    downloaded(strategy, 2);
    decided(strategy, 2, 2, 2);
    expect(strategy.decide(context(2)).index).toBe(1);
    decided(strategy, 1, 1);
    expect(strategy.decide(context(1)).index).toBe(1);
    // One more at 0.5: mean 1.091, 0.927 spent: under the lowest.
    downloaded(strategy, 0.5);
    expect(strategy.decide(context(1)).index).toBe(0);
  });

  it('puts a move off while recent switches make it cost more than it gains', () => {
    // Up from 1 to 2 Mbit/s gains 12 · |1/2 − 1| = 6. It costs 2^(n+1) − 2^n: 4 after two switches, 8 after three.
    const choiceAfter = (...indices: number[]): number => {
      const strategy = festive();
      downloaded(strategy, 2.4);
      decided(strategy, ...indices);
      return strategy.decide(context(0)).index;
    };
    expect(choiceAfter(0, 1, 0)).toBe(1);
    expect(choiceAfter(1, 0, 1, 0)).toBe(0);
    expect(choiceAfter(1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0)).toBe(1);
  });

  it('draws its own buffer target where it is given chance', () => {
    const strategy = festive({ random: () => 0.75 });
    downloaded(strategy, 10);
    decided(strategy, 0);
    // 25 − 6 + (2 · 0.75 − 1) · 3 = 20.5 s.
    expect(strategy.decide(context(0, 22)).wait).toBeCloseTo(1.5, 9);
    expect(strategy.decide(context(0, 20)).wait).toBeUndefined();
    expect(festive().decide(context(0, 30)).wait).toBeUndefined();
  });

  it('names the option that is out of range', () => {
    expect(() => festive({ window: 0 })).toThrow('window must be a whole number > 0, got 0');
    expect(() => festive({ switchWindow: 1.5 })).toThrow('switchWindow must be a whole number > 0, got 1.5');
  });
});
