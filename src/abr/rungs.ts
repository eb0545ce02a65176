import type { Ladder } from '../media/rendition.ts';

/**
 * The candidates of a decision as columns: `index[k]` is the place in the ladder, `bitrate[k]` its bits/s, `kbps[k]` its
 * kbit/s, and `utility[k]` = ln(bitrate[k] / bitrate[0]), the quality that the BOLA papers use. Ascending, as the candidates are.
 */
export interface Rungs {
  readonly index: readonly number[];
  readonly bitrate: readonly number[];
  readonly kbps: readonly number[];
  readonly utility: readonly number[];
}

const toRungs = (ladder: Ladder, candidates: readonly number[]): Rungs => {
  const bitrate = candidates.map((index) => ladder[index]?.bitrate ?? 0);
  const kbps = bitrate.map((bits) => bits / 1000);
  const offset = -Math.log(kbps[0] ?? 1);
  return { index: candidates, bitrate, kbps, utility: kbps.map((rate) => Math.log(rate) + offset) };
};

const sameNumbers = (a: readonly number[], b: readonly number[]): boolean => {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false;
  return true;
};

/** Remembers the columns of the last question, as most decisions of a session have the same candidates. */
export function rungsCache(): (ladder: Ladder, candidates: readonly number[]) => Rungs {
  let ladder: Ladder | null = null;
  let rungs: Rungs | null = null;
  return (nextLadder, candidates) => {
    if (rungs === null || ladder !== nextLadder || !sameNumbers(rungs.index, candidates)) {
      ladder = nextLadder;
      rungs = toRungs(nextLadder, [...candidates]);
    }
    return rungs;
  };
}

/** The place among the rungs of the highest that is not above `index` in the ladder; 0 if all are, or for null. */
export function rungAt(rungs: Rungs, index: number | null): number {
  if (index === null) return 0;
  let at = 0;
  while (at + 1 < rungs.index.length && (rungs.index[at + 1] ?? 0) <= index) at += 1;
  return at;
}

/**
 * The highest rung, walking up, whose segment of `duration` s at its declared bitrate arrives within its own duration, the
 * wait for the first byte included; the lowest if none does.
 *
 * @param throughput bits/s
 * @param latency s to the first byte
 * @see Spiteri, Sitaraman, Sparacio, "From Theory to Practice" (MMSys 2018)
 */
export function sustainableRung(rungs: Rungs, throughput: number, latency: number, duration: number): number {
  const { bitrate } = rungs;
  let at = 0;
  while (at + 1 < bitrate.length && latency + (duration * (bitrate[at + 1] ?? 0)) / throughput <= duration) at += 1;
  return at;
}

/** The highest rung, walking up and not above `limit`, whose segment of `duration` s is at most `bits` at its declared bitrate. */
export function rungWithin(rungs: Rungs, limit: number, bits: number, duration: number): number {
  let at = 0;
  while (at < limit && (rungs.bitrate[at + 1] ?? 0) * duration <= bits) at += 1;
  return at;
}
