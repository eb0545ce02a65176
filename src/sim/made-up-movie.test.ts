import { describe, expect, it } from 'vitest';
import { madeUpMovie } from './made-up-movie.ts';
import { movieDuration } from './movie.ts';

describe('a made-up movie', () => {
  it('has the mean bitrate that its ladder declares, in every rendition', () => {
    const movie = madeUpMovie({ seed: 3 });
    for (const [index, { bitrate }] of movie.ladder.entries()) {
      const bits = movie.sizes.reduce((sum, row) => sum + (row[index] ?? 0) * 8, 0);
      expect(bits / movieDuration(movie) / bitrate).toBeCloseTo(1, 4);
    }
  });

  it('varies as much as asked: not at all with 0, and alike in all renditions', () => {
    const steady = madeUpMovie({ variation: 0, duration: 40 });
    expect(new Set(steady.sizes.map((row) => row[0]))).toEqual(new Set([(235_000 / 8) * 4]));
    const { sizes } = madeUpMovie({ variation: 0.3 });
    const logs = sizes.map((row) => Math.log(row[9] ?? 0));
    const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
    const deviation = Math.sqrt(logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / logs.length);
    expect(deviation).toBeGreaterThan(0.2);
    expect(deviation).toBeLessThan(0.4);
    for (const row of sizes) expect((row[9] ?? 0) / (row[0] ?? 1) / (5800 / 235)).toBeCloseTo(1, 3);
  });

  it('is the same for the same seed, and refuses what makes no movie', () => {
    expect(madeUpMovie({ seed: 2 })).toEqual(madeUpMovie({ seed: 2 }));
    expect(madeUpMovie({ seed: 2 }).sizes).not.toEqual(madeUpMovie({ seed: 3 }).sizes);
    expect(() => madeUpMovie({ duration: 3 })).toThrow('duration must be at least a segment (4 s), got 3');
    expect(() => madeUpMovie({ variation: -1 })).toThrow('variation must be at least 0, got -1');
  });
});
