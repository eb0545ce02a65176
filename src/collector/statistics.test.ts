import { describe, expect, it } from 'vitest';
import { chiSquareTail, incompleteBeta, logGamma, studentQuantile, studentTwoSided, wilson } from './statistics.ts';

describe('distributions', () => {
  it('has the gamma function', () => {
    // Γ(5) = 24, Γ(1/2) = √π, Γ(101) = 100!
    expect(logGamma(5)).toBeCloseTo(Math.log(24), 12);
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 12);
    expect(logGamma(101)).toBeCloseTo(363.739375555563, 9);
  });

  it('has the incomplete beta function', () => {
    // I(x; 1, 1) = x; I(x; 2, 2) = 3x² − 2x³; I(1/2; a, a) = 1/2.
    expect(incompleteBeta(0.3, 1, 1)).toBeCloseTo(0.3, 12);
    expect(incompleteBeta(0.3, 2, 2)).toBeCloseTo(3 * 0.09 - 2 * 0.027, 12);
    expect(incompleteBeta(0.5, 7.5, 7.5)).toBeCloseTo(0.5, 12);
    expect([incompleteBeta(0, 2, 3), incompleteBeta(1, 2, 3)]).toEqual([0, 1]);
  });

  it.each([
    // Tables of Student's t, two-sided.
    [0.95, 1, 12.7062],
    [0.95, 5, 2.5706],
    [0.95, 10, 2.2281],
    [0.95, 30, 2.0423],
    [0.99, 10, 3.1693],
    [0.9, 120, 1.6577],
    [0.95, 1e7, 1.96],
  ])('has the t within which %d of Student’s t with %d degrees of freedom lies', (within, degrees, t) => {
    expect(studentQuantile(within, degrees)).toBeCloseTo(t, 3);
    expect(studentTwoSided(studentQuantile(within, degrees), degrees)).toBeCloseTo(1 - within, 9);
  });

  it.each([
    // Tables of χ².
    [3.841, 1, 0.05],
    [6.635, 1, 0.01],
    [5.991, 2, 0.05],
    [18.307, 10, 0.05],
    [4.865, 10, 0.9],
  ])('has the chance that χ² is over %d with %d degrees of freedom', (x, degrees, chance) => {
    expect(chiSquareTail(x, degrees)).toBeCloseTo(chance, 4);
  });

  it('has Wilson’s interval: 81 of 263 is 0.2553…0.3662', () => {
    // Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3.
    const [low, high] = wilson(81, 263, 1.959964);
    expect([low, high].map((value) => value.toFixed(4))).toEqual(['0.2553', '0.3662']);
    expect(wilson(0, 20, 1.959964)[0]).toBe(0);
    expect(wilson(0, 20, 1.959964)[1]).toBeCloseTo(0.1611, 4);
  });
});
