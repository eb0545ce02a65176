import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { clairvoyant, planned } from './clairvoyant.ts';
import { SHARED_FOLDER, sharedFile } from './cli/shared-folder.ts';
import { type Movie, parseSabreMovie, toMovie } from './movie.ts';
import { type NetworkTrace, parseTraceCorpus } from './network-trace.ts';
import { hls, type PlayerProfile, sabre } from './profile.ts';
import { random } from './random.ts';
import { simulateSummary } from './simulate.ts';
import { traceCurve } from './trace-curve.ts';

const trace = (...periods: [duration: number, mbps: number, latency?: number][]): NetworkTrace => ({
  id: 'test',
  periods: periods.map(([duration, mbps, latency = 0]) => ({ duration, bandwidth: mbps * 1e6, latency })),
});

/** Segments of 2 s; sizes swing around the declared bitrate where `random` is given. */
function movieOf(kbps: readonly number[], segments: number, chance: (() => number) | null = null): Movie {
  const sizes = Array.from({ length: segments }, () => {
    const swing = chance === null ? 1 : 0.5 + chance();
    return kbps.map((rate) => rate * 250 * swing);
  });
  const ladder = kbps.map((rate) => ({ id: `${rate}k`, bitrate: rate * 1000 }));
  return toMovie({ id: 'test', ladder, segmentDuration: 2, durations: sizes.map(() => 2), sizes });
}

/** The best of all plans, each played by the simulator. */
function bruteForce(movie: Movie, network: NetworkTrace, bufferTarget: number): number {
  const count = movie.durations.length;
  let best = Number.NEGATIVE_INFINITY;
  const levels = new Array<number>(count).fill(0);
  const from = (segment: number): void => {
    if (segment === count) {
      const { linearQoe } = simulateSummary({ movie, trace: network, strategy: planned([...levels]), bufferTarget });
      best = Math.max(best, linearQoe);
      return;
    }
    for (const level of movie.ladder.keys()) {
      levels[segment] = level;
      from(segment + 1);
    }
  };
  from(0);
  return best;
}

describe('traceCurve', () => {
  const curve = () => traceCurve(trace([2, 1, 0.1], [1, 0, 0.4], [1, 4, 0.1]));

  it('knows how many bits have flowed, and when, over and over', () => {
    const { bitsAt, timeOf } = curve();
    expect([0, 1000, 2000, 2500, 3500, 4000, 5000].map(bitsAt)).toEqual([0, 1e6, 2e6, 2e6, 4e6, 6e6, 7e6]);
    expect([1e6, 2e6, 2.4e6, 6e6, 6.5e6, 14e6].map(timeOf)).toEqual([1000, 2000, 3100, 4000, 4500, 10_000]);
    expect(timeOf(1e6)).toBe(1000);
  });

  it('charges a latency that changes on the way by what was waited of each', () => {
    const { firstByte } = curve();
    expect(firstByte(0)).toBe(100);
    // 50 ms at 100: half. The other half of 400 ms.
    expect(firstByte(1950)).toBe(2200);
    // 200 ms at 400: half. The other half of 100 ms.
    expect(firstByte(2800)).toBe(3050);
  });
});

describe('clairvoyant', () => {
  it('waits at the start where that pays: worked by hand', () => {
    // Two segments of 1 or 2 Mbit/s (2, 4 Mbit) over 2 Mbit/s. Start at the top: 2 s of waiting (−4), 2 + 2. At the bottom: 1 s
    // (−2), then the top takes 2 s and is there just in time: 1 + 2 − 1. Equal at 0; low throughout: 1 s (−2), 1 + 1 = 0 too.
    const movie = movieOf([1000, 2000], 2);
    expect(clairvoyant({ movie, trace: trace([100, 2]) }).linearQoe).toBeCloseTo(0, 9);
    // With a third segment the top from the start gains 2 more, low-top-top as well (3 s left, 2 needed): 2.
    expect(clairvoyant({ movie: movieOf([1000, 2000], 3), trace: trace([100, 2]) }).linearQoe).toBeCloseTo(2, 9);
  });

  it('knows what is coming: fills the buffer before an outage', () => {
    const movie = movieOf([1000, 4000], 8);
    // 6 s at 4 Mbit/s, then nothing for 8 s. At the top six seconds bring three segments, and the outage would stall.
    const plan = clairvoyant({ movie, trace: trace([6, 4], [8, 0], [60, 4]), bufferTarget: 30 });
    expect(plan.levels.slice(0, 3)).toContain(0);
    expect(plan.stallTime).toBeLessThan(2);
    const greedy = simulateSummary({
      movie,
      trace: trace([6, 4], [8, 0], [60, 4]),
      strategy: planned(Array(8).fill(1)),
      bufferTarget: 30,
    });
    expect(plan.linearQoe).toBeGreaterThan(greedy.linearQoe + 5);
  });

  it('finds what trying every plan finds', () => {
    const chance = random(7);
    for (let round = 0; round < 15; round += 1) {
      const movie = movieOf([400, 1000, 2500], 5, () => chance.uniform());
      const network = trace(
        ...Array.from({ length: 6 }, (): [number, number, number] => {
          const mbps = chance.uniform() < 0.2 ? 0 : 0.3 + 3 * chance.uniform();
          return [0.5 + 4 * chance.uniform(), mbps, 0.02 + 0.2 * chance.uniform()];
        }),
        [5, 1, 0.1],
      );
      const bufferTarget = 4 + 4 * chance.uniform();
      const plan = clairvoyant({ movie, trace: network, bufferTarget });
      const best = bruteForce(movie, network, bufferTarget);
      expect(plan.linearQoe, `round ${round}`).toBeLessThanOrEqual(best + 1e-9);
      expect(plan.linearQoe, `round ${round}`).toBeGreaterThan(best - 0.02);
    }
  }, 60_000);

  it('promises what the simulator plays, in any player without overhead', () => {
    const bare: PlayerProfile = {
      ...hls(),
      pollMs: 0,
      requestMs: { before: 0, after: 0 },
      turnaroundMs: 0,
      firstFrameMs: 0,
      setup: [],
      startMs: 0,
      firstUse: [],
    };
    const network = trace([20, 3, 0.1], [10, 0.4, 0.3], [5, 0, 0.3], [20, 2, 0.1]);
    for (const profile of [sabre(), bare]) {
      const movie = movieOf([400, 1000, 2500], 60);
      const plan = clairvoyant({ movie, trace: network, profile, bufferTarget: 12 });
      const played = simulateSummary({
        movie,
        trace: network,
        profile,
        bufferTarget: 12,
        strategy: planned(plan.levels),
      });
      expect(played.linearQoe).toBeCloseTo(plan.linearQoe, 9);
      expect(played.startupTime).toBeCloseTo(plan.startupTime, 9);
      expect(played.stallTime).toBeCloseTo(plan.stallTime, 9);
      expect(played.levels).toEqual(plan.levels);
    }
  });

  it('names what it cannot plan with', () => {
    const movie = movieOf([400, 1000], 3);
    expect(() => clairvoyant({ movie, trace: trace([5, 0]) })).toThrow(
      "trace 'test' must let at least 1 bit/s through on average",
    );
    expect(() => clairvoyant({ movie, trace: trace([5, 1]), bufferTarget: 1 })).toThrow(
      'bufferTarget must be at least a segment (2 s), got 1 s',
    );
  });

  it('lies between the reference plan and its bound', ({ skip }) => {
    const file = sharedFile('goldens', 'clairvoyant-dev.json');
    skip(file === null, `no goldens in ${SHARED_FOLDER}`);
    const read = (...path: string[]): string => readFileSync(sharedFile(...path) ?? '', 'utf8');
    const golden = JSON.parse(readFileSync(file ?? '', 'utf8')) as {
      corpora: Record<string, { movie: string; traces: { id: string; plan: number; bound: number }[] }>;
    };
    for (const [corpus, { movie: name, traces }] of Object.entries(golden.corpora)) {
      if (name !== 'bbb4k') continue;
      const movie = parseSabreMovie(name, read('traces', 'movies', `${name}.json`));
      const networks = new Map(parseTraceCorpus(read('traces', 'dev', `${corpus}.json`)).map((one) => [one.id, one]));
      // One of each of the quick ones here (six renditions); `npm run bench:parity` looks at all of all.
      for (const { id, plan, bound } of traces.slice(7, 8)) {
        const network = networks.get(id);
        if (network === undefined) throw new Error(`no trace ${id}`);
        const { linearQoe } = clairvoyant({ movie, trace: network });
        // The reference is rounded to 1e-6.
        expect(linearQoe, id).toBeGreaterThan(plan - 1e-5);
        expect(linearQoe, id).toBeLessThanOrEqual(bound + 1e-5);
      }
    }
  }, 120_000);
});
