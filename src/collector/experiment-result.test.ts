import { describe, expect, it } from 'vitest';
import type { VariantSums } from './event-store.ts';
import { type Comparison, experimentResult, splitChance } from './experiment-result.ts';
import { seededRandom } from './node/made-session.ts';

const sumsOf = (values: readonly number[]) => ({
  n: values.length,
  sum: values.reduce((sum, value) => sum + value, 0),
  squares: values.reduce((sum, value) => sum + value * value, 0),
});
const variant = (name: string, metrics: Readonly<Record<string, readonly number[]>>): VariantSums => ({
  variant: name,
  sessions: Math.max(...Object.values(metrics).map(({ length }) => length)),
  metrics: Object.fromEntries(Object.entries(metrics).map(([metric, values]) => [metric, sumsOf(values)])),
});
const failures = (hits: number, n: number): number[] => Array.from({ length: n }, (_, index) => (index < hits ? 1 : 0));
const comparison = (variants: readonly VariantSums[], name: string, metric: string): Comparison | undefined =>
  experimentResult('e', variants, 'a')
    .variants.find(({ variant: own }) => own === name)
    ?.comparisons.find((one) => one.metric === metric);

describe('the result of an experiment', () => {
  it('compares means by Welch’s t, worked by hand', () => {
    // Means 3 and 6, variances 2.5 and 10: the difference has the variance 0.5 + 2, so t = 3/√2.5 = 1.8974 with
    // 2.5² / (0.5²/4 + 2²/4) = 5.882 degrees of freedom. SciPy 1.x (ttest_ind, equal_var=False): p = 0.107531.
    const variants = [variant('a', { score: [1, 2, 3, 4, 5] }), variant('b', { score: [2, 4, 6, 8, 10] })];
    const result = comparison(variants, 'b', 'score');
    expect(result).toMatchObject({ difference: 3, mean: 6, n: 5, verdict: 'too few sessions' });
    expect(result?.p).toBeCloseTo(0.1075312, 6);
    // t(0.975, 5.882) = 2.458824.
    expect(result?.interval?.[0]).toBeCloseTo(3 - 2.4588237 * Math.sqrt(2.5), 6);
    expect(result?.interval?.[1]).toBeCloseTo(3 + 2.4588237 * Math.sqrt(2.5), 6);
    expect(result?.detectable).toBeCloseTo(2.8015852 * Math.sqrt(2.5), 6);
  });

  it('compares shares by Newcombe’s interval: 56 of 70 against 48 of 80', () => {
    // Newcombe 1998, "Interval estimation for the difference between independent proportions", table II (a), method 10.
    const result = comparison(
      [variant('a', { failure: failures(48, 80) }), variant('b', { failure: failures(56, 70) })],
      'b',
      'failure',
    );
    expect(result?.difference).toBeCloseTo(0.2, 10);
    expect(result?.interval?.map((value) => value.toFixed(4))).toEqual(['0.0524', '0.3339']);
  });

  it('knows which way each metric is better, and when nothing is shown', () => {
    const around = (middle: number, seed: number): number[] => {
      const random = seededRandom(seed);
      return Array.from({ length: 400 }, () => middle + random() - 0.5);
    };
    const metrics = (middle: number, seed: number) => ({ score: around(middle, seed), startup: around(middle, seed) });
    const variants = [variant('a', metrics(10, 1)), variant('b', metrics(10.5, 2)), variant('c', metrics(10, 3))];
    expect(comparison(variants, 'b', 'score')?.verdict).toBe('better');
    expect(comparison(variants, 'b', 'startup')?.verdict).toBe('worse');
    expect(comparison(variants, 'c', 'score')?.verdict).toBe('no difference shown');
    expect(comparison(variants, 'b', 'bitrate')?.verdict).toBe('too few sessions');
    // A standard deviation of √(1/12) in two groups of 400: 2.8 standard errors of the difference.
    expect(comparison(variants, 'b', 'score')?.detectable).toBeCloseTo(2.8016 * Math.sqrt(2 / 12 / 400), 2);
  });

  it('does not judge failures by a handful of them', () => {
    const few = [variant('a', { failure: failures(2, 500) }), variant('b', { failure: failures(9, 500) })];
    expect(comparison(few, 'b', 'failure')?.verdict).toBe('too few sessions');
    const enough = [variant('a', { failure: failures(20, 500) }), variant('b', { failure: failures(60, 500) })];
    expect(comparison(enough, 'b', 'failure')?.verdict).toBe('worse');
  });

  it('holds the true difference in nineteen of twenty intervals', () => {
    let held = 0;
    for (let seed = 1; seed <= 400; seed += 1) {
      const random = seededRandom(seed);
      // Skewed, as times to the first frame are: the mean of −ln(u) is 1.
      const values = (mean: number): number[] => Array.from({ length: 150 }, () => -Math.log(1 - random()) * mean);
      const result = comparison(
        [variant('a', { startup: values(2) }), variant('b', { startup: values(2.4) })],
        'b',
        'startup',
      );
      const [low = 0, high = 0] = result?.interval ?? [];
      if (low <= 0.4 && high >= 0.4) held += 1;
    }
    // 380 of 400, give or take three standard deviations of 4.4.
    expect(held).toBeGreaterThan(366);
    expect(held).toBeLessThan(394);
  });

  it('warns of too few sessions, of a single variant and of an uneven split', () => {
    const of = (name: string, n: number): VariantSums => variant(name, { failure: failures(0, n) });
    const warnings = (...variants: VariantSums[]): string => experimentResult('e', variants).warnings.join('\n');
    expect(warnings(of('a', 500), of('b', 520))).toBe('');
    expect(warnings(of('a', 500), of('b', 99))).toContain('b has 99; each variant needs at least 100');
    expect(warnings(of('a', 500))).toContain('nothing to compare');
    expect(warnings(of('a', 500), of('b', 700))).toContain('some are missing');
    // χ² = (520 − 500)²/500 · 2 = 1.6, one degree of freedom.
    expect(splitChance([520, 480], [0.5, 0.5])).toBeCloseTo(0.2059, 4);
    expect(splitChance([300, 100], [0.75, 0.25])).toBe(1);
  });

  it('takes the control that is named, else "control", else the first', () => {
    const of = (name: string): VariantSums => variant(name, { failure: failures(0, 9) });
    expect(experimentResult('e', [of('a'), of('control')]).control).toBe('control');
    expect(experimentResult('e', [of('a'), of('b')]).control).toBe('a');
    expect(experimentResult('e', [of('a'), of('b')], 'b').control).toBe('b');
    expect(() => experimentResult('e', [of('a')], 'x')).toThrow('control must be one of the variants, got x');
  });
});
