import { describe, expect, it } from 'vitest';
import { traceBandwidth, traceDuration } from './network-trace.ts';
import { random, seedOf } from './random.ts';
import {
  type MarkovNetwork,
  markovTrace,
  SYNTHETIC_KINDS,
  syntheticTrace,
  syntheticTraces,
} from './synthetic-trace.ts';

/** Two states that take turns, with nothing left to chance but the length of the stays. */
const TURNS: MarkovNetwork = {
  variety: 0,
  persistence: 0,
  start: [1, 0],
  states: [
    { name: 'up', bandwidth: 4e6, spread: 0, latency: 0, stay: 9, leastStay: 1, next: [0, 1] },
    { name: 'down', bandwidth: 1e6, spread: 0, latency: 0, stay: 3, leastStay: 1, next: [1, 0] },
  ],
};

describe('chance', () => {
  it('has the mean and the spread that it says', () => {
    const chance = random(7);
    const count = 40_000;
    const mean = (draw: () => number): number =>
      Array.from({ length: count }, draw).reduce((sum, value) => sum + value, 0) / count;
    expect(mean(() => chance.uniform())).toBeCloseTo(0.5, 2);
    expect(mean(() => chance.exponential())).toBeCloseTo(1, 1);
    expect(mean(() => chance.normal())).toBeCloseTo(0, 1);
    expect(mean(() => chance.normal() ** 2)).toBeCloseTo(1, 1);
    expect(mean(() => (chance.pick([1, 0, 3]) === 2 ? 1 : 0))).toBeCloseTo(0.75, 1);
  });

  it('repeats itself for the same seed only', () => {
    const draws = (seed: number) => Array.from({ length: 5 }, random(seed).uniform);
    expect(draws(3)).toEqual(draws(3));
    expect(draws(3)).not.toEqual(draws(4));
    expect(seedOf('train', 1)).not.toBe(seedOf('train', 2));
    expect(() => random(0.5)).toThrow('seed must be a whole number, got 0.5');
  });
});

describe('synthetic traces', () => {
  it.each(SYNTHETIC_KINDS)('%s is the same for the same seed, and another for another', (kind) => {
    expect(syntheticTrace(kind, { seed: 5 })).toEqual(syntheticTrace(kind, { seed: 5 }));
    expect(syntheticTrace(kind, { seed: 5 }).periods).not.toEqual(syntheticTrace(kind, { seed: 6 }).periods);
  });

  it.each(SYNTHETIC_KINDS)(
    '%s lasts as long as asked, in whole kbit/s and ms, and always lets something through',
    (kind) => {
      for (const trace of syntheticTraces(kind, 20, { duration: 120 })) {
        expect(traceDuration(trace)).toBeCloseTo(120, 9);
        expect(traceBandwidth(trace)).toBeGreaterThan(0);
        for (const { bandwidth, latency } of trace.periods) {
          expect(Number.isInteger(bandwidth / 1000)).toBe(true);
          expect(Math.abs(latency * 1000 - Math.round(latency * 1000))).toBeLessThan(1e-9);
        }
      }
    },
  );

  it('has tunnels in trains and a cliff of a factor of ten, where stable has neither', () => {
    const lows = (kind: 'train' | 'cliff' | 'stable') =>
      syntheticTraces(kind).map(({ periods }) => {
        const values = periods.map(({ bandwidth }) => bandwidth);
        return Math.min(...values) / Math.max(...values);
      });
    expect(Math.max(...lows('train'))).toBe(0);
    expect(Math.max(...lows('cliff'))).toBeLessThan(0.2);
    expect(Math.min(...lows('stable'))).toBeGreaterThan(0.5);
  });

  it('spends time in each state as its stays say', () => {
    // Whole periods: a stay of 1 + an exponential of mean m, cut at 4 m, takes on average
    // Σ over k ≥ 1 of P(stay > k - 1) = 1 + 1 + Σ_{j=1}^{…} e^(-j/m): for m = 9, 3 that is counted here.
    const periodsOf = (m: number): number => {
      let sum = 1;
      for (let j = 0; j < 4 * m; j += 1) sum += Math.exp(-j / m);
      return sum;
    };
    const share = periodsOf(9) / (periodsOf(9) + periodsOf(3));
    const { periods } = markovTrace('turns', TURNS, { seed: 1, duration: 200_000 });
    const up = periods.filter(({ bandwidth }) => bandwidth === 4e6).length / periods.length;
    expect(up).toBeCloseTo(share, 1.7);
    expect(new Set(periods.map(({ bandwidth }) => bandwidth))).toEqual(new Set([4e6, 1e6]));
  });

  it('names what is wrong', () => {
    expect(() => syntheticTrace('moon' as never)).toThrow(
      "kind must be one of stable, cellular, train, cliff, evening, got 'moon'",
    );
    expect(() => syntheticTraces('train', 0)).toThrow('count must be a whole number > 0, got 0');
    expect(() => markovTrace('x', TURNS, { seed: 1, duration: 0 })).toThrow(
      'duration must be at least a period (1 s), got 0',
    );
    expect(() => markovTrace('x', { ...TURNS, start: [1] }, { seed: 1 })).toThrow(
      'start must have one weight for each of 2 states, got 1',
    );
  });
});
