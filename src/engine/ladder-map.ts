import { type Ladder, type Rendition, toLadder } from '../media/rendition.ts';

/** What one variant of an engine is to us. Variants with the same `key` are one rung: redundant streams, other audio. */
export interface VariantDescription {
  readonly key: string;
  readonly rendition: Rendition;
}

/**
 * An engine's variants (hls.js Level, shaka Variant) and our ladder. The ladder is fixed when the map is made, engines may
 * remove, reorder or clone variants afterwards: a variant is found again by its key.
 */
export interface LadderMap<T> {
  readonly ladder: Ladder;
  /** Index into the ladder; null for a variant that is no rung of it. */
  indexOf(variant: T): number | null;
  /** Those of `variants` (the engine's present ones) that are this rung, in their order. */
  variantsOf<V extends T>(index: number, variants: readonly V[]): readonly V[];
}

/**
 * Makes the ladder of a session from the engine's variants, in any order; the first variant of a key describes the rung.
 *
 * @throws TypeError if there is no variant, RangeError if a bitrate is not a positive number of bits/s
 */
export function mapLadder<T>(variants: readonly T[], rungOf: (variant: T) => VariantDescription): LadderMap<T> {
  const rungs = new Map<string, Rendition>();
  for (const variant of variants) {
    const { key, rendition } = rungOf(variant);
    if (!rungs.has(key)) rungs.set(key, rendition);
  }
  const ladder = toLadder([...rungs.values()]);
  const indices = new Map([...rungs].map(([key, rendition]) => [key, ladder.indexOf(rendition)]));
  const indexOf = (variant: T): number | null => indices.get(rungOf(variant).key) ?? null;
  return {
    ladder,
    indexOf,
    variantsOf: (index, present) => present.filter((variant) => indexOf(variant) === index),
  };
}
