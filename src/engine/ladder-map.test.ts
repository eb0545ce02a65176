import { describe, expect, it } from 'vitest';
import { mapLadder, type VariantDescription } from './ladder-map.ts';

interface Variant {
  readonly bitrate: number;
  readonly height: number;
  readonly cdn: string;
}

const rungOf = ({ bitrate, height }: Variant): VariantDescription => ({
  key: `${bitrate}`,
  rendition: { id: `${height}`, bitrate, height },
});

// hls.js sorts by height first: the 720 lines at 1 Mbit/s come after the 540 lines at 1.5 Mbit/s.
const A: Variant = { bitrate: 1_500_000, height: 540, cdn: 'a' };
const B: Variant = { bitrate: 1_000_000, height: 720, cdn: 'a' };
const C: Variant = { bitrate: 3_000_000, height: 720, cdn: 'a' };
const C2: Variant = { ...C, cdn: 'b' };

describe('mapLadder', () => {
  const map = mapLadder([A, B, C, C2], rungOf);

  it('orders by bitrate whatever the order of the engine, and keeps redundant streams once', () => {
    expect(map.ladder.map(({ bitrate }) => bitrate)).toEqual([1_000_000, 1_500_000, 3_000_000]);
    expect([A, B, C, C2].map(map.indexOf)).toEqual([1, 0, 2, 2]);
  });

  it('finds variants again that the engine made anew, and says null for what is no rung', () => {
    expect(map.indexOf({ ...B, cdn: 'c' })).toBe(0);
    expect(map.indexOf({ ...B, bitrate: 1 })).toBeNull();
  });

  it('lists those of the present variants that are a rung', () => {
    expect(map.variantsOf(2, [C2, A])).toEqual([C2]);
    expect(map.variantsOf(0, [C2, A])).toEqual([]);
  });

  it('refuses a presentation without variants', () => {
    expect(() => mapLadder([], rungOf)).toThrow(TypeError);
  });
});
