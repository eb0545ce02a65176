/*
 * The few distribution functions that comparing two groups needs. The continued fraction of the incomplete beta function
 * and the series and fraction of the incomplete gamma function are those of NIST DLMF 8.17.22, 8.7.1 and 8.9.2.
 */

const TINY = 1e-300;
const PRECISION = 1e-14;
const MOST_STEPS = 10_000;

/** Coefficients of Lanczos' approximation, g = 7, n = 9 (Godfrey 2001): relative error below 1e-14. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** ln Γ(x) for x > 0. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const z = x - 1;
  const sum = LANCZOS.reduce(
    (total, coefficient, index) => total + (index === 0 ? coefficient : coefficient / (z + index)),
    0,
  );
  const t = z + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** The continued fraction b₀ + a₁/(b₁ + a₂/(b₂ + …)) by Lentz's method; `term(n)` is [aₙ, bₙ]. */
function continuedFraction(b0: number, term: (n: number) => readonly [a: number, b: number]): number {
  let f = b0 === 0 ? TINY : b0;
  let c = f;
  let d = 0;
  for (let n = 1; n <= MOST_STEPS; n += 1) {
    const [a, b] = term(n);
    d = 1 / (b + a * d || TINY);
    c = b + a / c || TINY;
    f *= c * d;
    if (Math.abs(c * d - 1) < PRECISION) break;
  }
  return f;
}

/** Regularised incomplete beta function Iₓ(a, b), 0 ≤ x ≤ 1. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  const fraction = continuedFraction(1, (n) => {
    const m = Math.floor(n / 2);
    const top =
      n % 2 === 0
        ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
        : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    return [top, 1];
  });
  return front / fraction;
}

/** Chance that Student's t with this many degrees of freedom is farther from 0 than `t`. */
export function studentTwoSided(t: number, degrees: number): number {
  return incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5);
}

/** The t that Student's t with this many degrees of freedom stays within, on both sides, with this chance (0…1). */
export function studentQuantile(within: number, degrees: number): number {
  if (!(within > 0 && within < 1)) throw new RangeError(`within must be between 0 and 1, got ${within}`);
  let low = 0;
  let high = 1;
  while (studentTwoSided(high, degrees) > 1 - within) high *= 2;
  for (let step = 0; step < 200 && high - low > 1e-12 * high; step += 1) {
    const middle = (low + high) / 2;
    if (studentTwoSided(middle, degrees) > 1 - within) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Chance that χ² with this many degrees of freedom is over `x`. */
export function chiSquareTail(x: number, degrees: number): number {
  const a = degrees / 2;
  const z = x / 2;
  if (z <= 0) return 1;
  const front = Math.exp(a * Math.log(z) - z - logGamma(a));
  if (z < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; n < MOST_STEPS && term > sum * PRECISION; n += 1) {
      term *= z / (a + n);
      sum += term;
    }
    return 1 - front * sum;
  }
  const fraction = continuedFraction(z + 1 - a, (n) => [-n * (n - a), z + 2 * n + 1 - a]);
  return front / fraction;
}

/** Wilson's score interval of a share: `hits` of `n`, `z` standard deviations wide. @see Wilson 1927 */
export function wilson(hits: number, n: number, z: number): readonly [low: number, high: number] {
  const share = hits / n;
  const middle = share + (z * z) / (2 * n);
  const reach = z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return [Math.max((middle - reach) / scale, 0), Math.min((middle + reach) / scale, 1)];
}
