/** Numbers that look like chance and are the same for the same seed, on every machine. */
export interface Random {
  /** Evenly spread over 0 … 1, 1 excluded. */
  uniform(): number;
  /** Mean 0, standard deviation 1. */
  normal(): number;
  /** Mean 1, always > 0: waiting times without memory. */
  exponential(): number;
  /** An index, likely in proportion to its weight. */
  pick(weights: readonly number[]): number;
}

const TWO_32 = 2 ** 32;

/**
 * A generator of 32-bit state: Weyl sequence, mixed by murmur3's finaliser (the `splitmix` construction). Its period of 2³² is
 * ample for traces and resampling; it is not for secrets.
 *
 * @param seed whole number; texts are hashed by {@link seedOf}
 * @throws RangeError if seed is not a whole number
 * @see Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators" (OOPSLA 2014), doi 10.1145/2660193.2660195
 */
export function random(seed: number): Random {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed must be a whole number, got ${seed}`);
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    return mix(state) / TWO_32;
  };
  return {
    uniform,
    normal() {
      // Box and Muller; 1 - u keeps 0 out of the logarithm.
      return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    },
    exponential: () => -Math.log(1 - uniform()),
    pick(weights) {
      let left = uniform() * weights.reduce((sum, weight) => sum + weight, 0);
      const chosen = weights.findIndex((weight) => {
        left -= weight;
        return left < 0;
      });
      return chosen < 0 ? weights.length - 1 : chosen;
    },
  };
}

/** A seed for a text, and for a number that goes with it: FNV-1a, 32 bits. */
export function seedOf(text: string, number = 0): number {
  let hash = 0x811c9dc5;
  for (const character of `${text}#${number}`) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return hash >>> 0;
}

function mix(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
