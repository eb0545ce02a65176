/** P.1203's scale: the lowest and highest MOS that its quality index maps to. */
const LOWEST = 1.05;
const HIGHEST = 4.9;

export const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/**
 * MOS of a quality index: the S-shaped map of ITU-T G.107, scaled to 1.05…4.9.
 *
 * @param quality 0 (worst) … 100 (best)
 * @see ITU-T P.1203.1 annex (MOSfromR)
 */
export function mosFromR(quality: number): number {
  if (quality <= 0) return LOWEST;
  if (quality >= 100) return HIGHEST;
  return LOWEST + ((HIGHEST - LOWEST) * quality) / 100 + quality * (quality - 60) * (100 - quality) * 7e-6;
}

/** Quality indices at which the inverse is tabulated: below 3.25 the map is not monotone, so 0 stands alone. */
const QUALITIES: readonly number[] = [0, ...Array.from({ length: 388 }, (_, step) => 3.25 + step * 0.25)];
const SCORES: readonly number[] = QUALITIES.map(mosFromR);

/**
 * Quality index of a MOS: linear between steps of 0.25, as the standard tabulates it.
 *
 * @param mos held within 1.05…4.9
 * @see ITU-T P.1203.1 annex (RfromMOS)
 */
export function rFromMos(mos: number): number {
  const score = clamp(mos, LOWEST, HIGHEST);
  let low = 0;
  let high = SCORES.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((SCORES[middle] as number) <= score) low = middle;
    else high = middle;
  }
  const [from = 0, to = 0] = [SCORES[low], SCORES[high]];
  const [below = 0, above = 0] = [QUALITIES[low], QUALITIES[high]];
  return below + ((above - below) * (score - from)) / (to - from);
}

/** Decay from `from` at `start` towards `to`, half of the way in `halfWay − start`. @see ITU-T P.1203.3, exponential */
export function exponential(from: number, to: number, start: number, halfWay: number, at: number): number {
  return to + (from - to) * Math.exp(((at - start) * Math.log(0.5)) / (halfWay - start));
}

/** S-curve from `from` to `to` whose middle lies between `start` and `end`. @see ITU-T P.1203.1, sigmoid */
export function sigmoid(from: number, to: number, start: number, end: number, at: number): number {
  return from + (to - from) / (1 + Math.exp((-10 / (end - start)) * (at - (start + end) / 2)));
}
