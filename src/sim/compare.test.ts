import { describe, expect, it } from 'vitest';
import { compare, estimate, isDifferent, quantile } from './compare.ts';
import type { SessionRow } from './play-trace.ts';

const row = (trace: string, strategy: string, linearQoe: number): SessionRow => ({
  trace,
  strategy,
  levels: [0],
  startupTime: 1,
  stallTime: 0,
  stallCount: 0,
  averageBitrate: 1e6,
  switches: 0,
  linearQoe,
  shareOfReachable: null,
});

describe('comparison of strategies', () => {
  it('takes differences trace by trace: a small gain is seen among traces that differ by much', () => {
    const hard = [100, 1, 500, 40, 900, 3, 60, 700];
    const rows = hard.flatMap((qoe, i) => [row(`t${i}`, 'a', qoe), row(`t${i}`, 'b', qoe + 1 + (i % 2))]);
    const [a, b] = compare(rows);
    expect(a?.difference).toBeNull();
    expect(b?.difference?.linearQoe).toMatchObject({ mean: 1.5, count: 8 });
    expect(isDifferent(b?.difference?.linearQoe ?? never())).toBe(true);
    expect(b?.measures.linearQoe?.low ?? never()).toBeLessThan(a?.measures.linearQoe?.high ?? 0);
    expect(b?.measures.shareOfReachable).toBeNull();
  });

  it('pairs the traces of one name in order, and leaves out what only one has played', () => {
    const rows = [row('t', 'a', 1), row('t', 'a', 10), row('t', 'b', 2), row('t', 'b', 12), row('u', 'b', 99)];
    expect(compare(rows)[1]?.difference?.linearQoe).toMatchObject({ mean: 1.5, count: 2 });
  });

  it('takes the baseline it is given, and says where there is none', () => {
    const rows = [row('t', 'a', 1), row('t', 'b', 2)];
    expect(compare(rows, { baseline: 'b' })[0]?.difference?.linearQoe.mean).toBe(-1);
    expect(() => compare(rows, { baseline: 'c' })).toThrow("baseline must be one of a, b, got 'c'");
    expect(compare([])).toEqual([]);
  });

  it('has intervals as wide as the theory of means says', () => {
    // 400 values, half 0 and half 1: the mean's standard error is 0.5 / √400 = 0.025, the interval ±1.96 of it.
    const result = estimate(Array.from({ length: 400 }, (_, i) => i % 2)) ?? never();
    expect(result.mean).toBe(0.5);
    expect(result.low).toBeCloseTo(0.5 - 0.049, 1.9);
    expect(result.high).toBeCloseTo(0.5 + 0.049, 1.9);
    expect(estimate([null, null])).toBeNull();
    expect(estimate([4, null])).toEqual({ mean: 4, low: null, high: null, median: 4, count: 1 });
    const five = estimate([1, 2, 1, 2, 1]) ?? never();
    expect([five.low, isDifferent(five)]).toEqual([null, false]);
    expect(isDifferent(estimate([1, 2, 1, 2, 1, 1]) ?? never())).toBe(true);
    expect(quantile([0, 10], 0.25)).toBe(2.5);
  });
});

function never(): never {
  throw new Error('must not be null');
}
