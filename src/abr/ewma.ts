/** An exponentially weighted moving average with zero-bias correction. Weights are in the unit of the half-life. */
export interface Ewma {
  add(weight: number, value: number): void;
  /** null before anything was added. */
  value(): number | null;
}

/**
 * @param halfLife weight after which an old value counts half, > 0
 * @throws RangeError if halfLife is not > 0
 */
export function ewma(halfLife: number): Ewma {
  if (!(halfLife > 0)) throw new RangeError(`halfLife must be > 0, got ${halfLife}`);
  let biased = 0;
  let totalWeight = 0;
  return {
    add(weight, value) {
      const keep = 0.5 ** (weight / halfLife);
      biased = keep * biased + (1 - keep) * value;
      totalWeight += weight;
    },
    value: () => (totalWeight > 0 ? biased / (1 - 0.5 ** (totalWeight / halfLife)) : null),
  };
}
