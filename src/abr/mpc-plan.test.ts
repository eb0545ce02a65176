import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestFirstRung, createPlanner, type PlanProblem } from './mpc-plan.ts';

/** The same by trying every plan. */
function bruteForce(problem: PlanProblem, first: number): number {
  const { quality, bits, throughput, previous, segmentDuration, fullLevel, rebufferPenalty, switchPenalty } = problem;
  const from = (step: number, before: number | null, level: number): number => {
    if (step === bits.length) return 0;
    let best = Number.NEGATIVE_INFINITY;
    for (const [rung, q] of quality.entries()) {
      if (step === 0 && rung !== first) continue;
      const left = Math.min(level, fullLevel) - (bits[step]?.[rung] ?? 0) / throughput;
      const change = before === null ? 0 : Math.abs(q - (quality[before] ?? 0));
      const gained = q - switchPenalty * change - rebufferPenalty * Math.max(-left, 0);
      best = Math.max(best, gained + from(step + 1, rung, Math.max(left, 0) + segmentDuration));
    }
    return best;
  };
  return from(0, previous, problem.bufferLevel);
}

const base: PlanProblem = {
  quality: [1, 2, 4],
  bits: [[3e6, 6e6, 12e6]],
  throughput: 4e6,
  previous: null,
  bufferLevel: 10,
  segmentDuration: 3,
  fullLevel: 22,
  rebufferPenalty: 4,
  switchPenalty: 1,
};

const problems: fc.Arbitrary<PlanProblem> = fc
  .record({
    steps: fc.array(fc.double({ min: 0.4, max: 2, noNaN: true }), { minLength: 1, maxLength: 4 }),
    ladder: fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 }),
    throughput: fc.double({ min: 2e5, max: 9e6, noNaN: true }),
    bufferLevel: fc.double({ min: 0, max: 25, noNaN: true }),
    previous: fc.integer({ min: -1, max: 4 }),
    switchPenalty: fc.double({ min: 0, max: 2, noNaN: true }),
  })
  .map(({ steps, ladder, throughput, bufferLevel, previous, switchPenalty }) => {
    const quality = ladder.map((tenths) => tenths / 10).sort((a, b) => a - b);
    const bits = steps.map((factor) => quality.map((q) => q * 3e6 * factor));
    const before = previous < 0 ? null : Math.min(previous, quality.length - 1);
    const rebufferPenalty = quality.at(-1) ?? 0;
    return { ...base, quality, bits, throughput, bufferLevel, previous: before, switchPenalty, rebufferPenalty };
  });

describe('planner', () => {
  it('adds quality, takes off changes and stalls', () => {
    const planner = createPlanner();
    planner.prepare(base);
    // 12 Mbit at 4 Mbit/s in 3 s of 10: no stall. With 1 s of buffer 2 s of stall cost 8.
    expect(planner.value(2)).toBe(4);
    planner.prepare({ ...base, bufferLevel: 1, previous: 0 });
    expect(planner.value(2)).toBe(4 - 3 - 8);
    expect(planner.value(1)).toBeCloseTo(2 - 1 - 4 * 0.5, 9);
  });

  it('looks ahead: what the first segment takes is missing for the next', () => {
    const planner = createPlanner();
    // 12 Mbit at 2 Mbit/s take 6 s. From 6 s: the first leaves 0 + 3 s, the second stalls 3 s (−12) or goes down to 2 (−2).
    planner.prepare({
      ...base,
      bits: [
        [3e6, 6e6, 12e6],
        [3e6, 6e6, 12e6],
      ],
      throughput: 2e6,
      bufferLevel: 6,
    });
    expect(planner.value(2)).toBe(4 + 2 - 2);
    expect(planner.value(1)).toBe(2 + 4 - 2);
  });

  it('waits for room before a request', () => {
    const planner = createPlanner();
    planner.prepare({ ...base, bufferLevel: 30, fullLevel: 2, throughput: 4e6 });
    expect(planner.value(2)).toBe(4 - 4);
  });

  it('finds what trying every plan finds, and never bounds it from below', () => {
    const planner = createPlanner();
    fc.assert(
      fc.property(problems, (problem) => {
        planner.prepare(problem);
        for (const first of problem.quality.keys()) {
          const exact = bruteForce(problem, first);
          expect(planner.value(first)).toBeCloseTo(exact, 8);
          expect(planner.bound(first)).toBeGreaterThanOrEqual(exact - 1e-8);
        }
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});

describe('bestFirstRung', () => {
  it('weighs several cases against each other', () => {
    const good = createPlanner();
    const bad = createPlanner();
    // 3 s of buffer. At 4 Mbit/s the top costs nothing; at 1 Mbit/s it takes 12 s, 9 of them stalled (−36).
    good.prepare({ ...base, bufferLevel: 3 });
    bad.prepare({ ...base, bufferLevel: 3, throughput: 1e6 });
    expect(bestFirstRung([{ planner: good, weight: 1 }], 3)).toBe(2);
    expect(bestFirstRung([{ planner: bad, weight: 1 }], 3)).toBe(0);
    // Expected of top: 4 − 36·w, of the lowest 1: even at w = 0.08, 1.12 against 1; at 0.09, 0.76.
    const weighed = (w: number) =>
      bestFirstRung(
        [
          { planner: good, weight: 1 - w },
          { planner: bad, weight: w },
        ],
        3,
      );
    expect(weighed(0.08)).not.toBe(0);
    expect(weighed(0.5)).toBe(0);
  });

  it('takes the lowest of equals', () => {
    const planner = createPlanner();
    planner.prepare({ ...base, previous: 0, throughput: 1e9 });
    // Up at the very last step gains what the change costs.
    expect(bestFirstRung([{ planner, weight: 1 }], 3)).toBe(0);
  });
});
