import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACCURACY, linearBuckets, logBuckets, MEASURES, percentilesOf } from './measures.ts';

const histogramOf = (values: readonly number[], bucketOf: (value: number) => number): Map<number, number> => {
  const histogram = new Map<number, number>();
  for (const value of values) histogram.set(bucketOf(value), (histogram.get(bucketOf(value)) ?? 0) + 1);
  return histogram;
};

describe('percentiles of a histogram', () => {
  it('are by nearest rank, worked by hand', () => {
    const buckets = linearBuckets(1);
    // 1, 2, 2, 3, 10: the ⌈0.5·5⌉ = 3rd smallest is 2, the ⌈0.8·5⌉ = 4th is 3, the ⌈0.81·5⌉ = 5th is 10.
    const histogram = histogramOf([10, 2, 3, 1, 2], buckets.bucketOf);
    expect(percentilesOf(histogram, buckets, [0.5, 0.8, 0.81, 1])).toEqual([2.5, 3.5, 10.5, 10.5]);
    expect(percentilesOf(new Map(), buckets, [0.5])).toEqual([null]);
    expect(() => percentilesOf(histogram, buckets, [0])).toThrow('share must be over 0 and at most 1, got 0');
  });

  it('are within the accuracy of the value that has the rank, whatever the values', () => {
    const buckets = logBuckets(0.001);
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.001, max: 1e5, noNaN: true }), { minLength: 1, maxLength: 60 }),
        fc.constantFrom(0.01, 0.25, 0.5, 0.75, 0.95, 0.99, 1),
        (values, share) => {
          const exact = [...values].sort((a, b) => a - b)[Math.ceil(share * values.length - 1e-9) - 1] ?? 0;
          const [read] = percentilesOf(histogramOf(values, buckets.bucketOf), buckets, [share]);
          expect(Math.abs((read ?? 0) - exact)).toBeLessThanOrEqual(exact * ACCURACY * (1 + 1e-9));
        },
      ),
    );
  });

  it('take what is too small for zero, and constant values for what they are', () => {
    const read = (value: number): number => MEASURES.rebuffering.valueOf(MEASURES.rebuffering.bucketOf(value));
    expect([0, 0.00001].map(read)).toEqual([0, 0]);
    expect(read(0.02)).toBeCloseTo(0.02, 3);
    expect(MEASURES.score.bucketOf(99.999)).toBe(99);
  });
});
