import { describe, expect, it } from 'vitest';
import { exponential, mosFromR, rFromMos, sigmoid } from './mos.ts';

describe('mosFromR', () => {
  it('follows the S-curve: 1.05 + 3.85·Q/100 + Q(Q − 60)(100 − Q)·7e−6', () => {
    // 50: 1.05 + 1.925 − 0.175; 80: 1.05 + 3.08 + 0.224
    expect(mosFromR(50)).toBeCloseTo(2.8, 12);
    expect(mosFromR(80)).toBeCloseTo(4.354, 12);
  });

  it('ends at 1.05 and 4.9', () => {
    expect([mosFromR(-5), mosFromR(0), mosFromR(100), mosFromR(180)]).toEqual([1.05, 1.05, 4.9, 4.9]);
  });
});

describe('rFromMos', () => {
  it('is the inverse at the steps of its table', () => {
    for (const quality of [3.25, 3.5, 20, 50, 80.25, 99.75, 100]) {
      expect(rFromMos(mosFromR(quality))).toBeCloseTo(quality, 9);
    }
  });

  it('is linear between them', () => {
    const middle = (mosFromR(50) + mosFromR(50.25)) / 2;
    expect(rFromMos(middle)).toBeCloseTo(50.125, 9);
  });

  it('is held within the scale', () => {
    expect(rFromMos(0)).toBe(0);
    expect(rFromMos(5)).toBe(100);
  });
});

it('exponential halves the distance to its target in its half-way', () => {
  expect(exponential(1, 0.5, 0, 10, 0)).toBe(1);
  expect(exponential(1, 0.5, 0, 10, 10)).toBeCloseTo(0.75, 12);
  expect(exponential(1, 0.5, 0, 10, 20)).toBeCloseTo(0.625, 12);
});

it('sigmoid is half way in the middle and flat outside', () => {
  expect(sigmoid(-1, 3, 0, 10, 5)).toBe(1);
  expect(sigmoid(-1, 3, 0, 10, -50)).toBeCloseTo(-1, 12);
  expect(sigmoid(-1, 3, 0, 10, 60)).toBeCloseTo(3, 12);
});
