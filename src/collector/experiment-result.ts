import type { VariantSums } from './event-store.ts';
import { METRICS, type MetricName } from './experiment-metrics.ts';
import { chiSquareTail, studentQuantile, studentTwoSided, wilson } from './statistics.ts';

/** Share of repetitions in which an interval holds the true difference. */
const CONFIDENCE = 0.95;
/** Standard deviations within which a normal value lies with that chance. */
const Z = 1.959963984540054;
/** z for finding a difference at that confidence four times out of five: z(0.975) + z(0.8). */
const Z_POWER = Z + 0.8416212335729143;
/** Fewest sessions of a variant for a mean of skewed values to be near normal. */
const FEWEST = 100;
/** Fewest sessions with and without a failure in each variant for their share to be judged. */
const FEWEST_FAILURES = 10;
/** Chance of the split below which sessions are taken to be missing from a variant. */
const MISMATCH = 0.001;

/** Which way a metric is better. */
const BETTER: Readonly<Record<MetricName, 'higher' | 'lower'>> = {
  score: 'higher',
  startup: 'lower',
  rebuffering: 'lower',
  bitrate: 'higher',
  watched: 'higher',
  failure: 'lower',
};

/** A variant against the control, in one metric. */
export interface Comparison {
  readonly metric: MetricName;
  readonly n: number;
  readonly mean: number | null;
  /** Mean of the variant minus mean of the control, and the 95 % interval around it; null without enough to say. */
  readonly difference: number | null;
  readonly interval: readonly [low: number, high: number] | null;
  /** Chance of such a difference, or a larger one, if there were none. */
  readonly p: number | null;
  /** The smallest true difference that so many sessions would show four times out of five. */
  readonly detectable: number | null;
  readonly verdict: 'better' | 'worse' | 'no difference shown' | 'too few sessions';
}

/** An experiment so far: each variant against `control`, and what to beware of. */
export interface ExperimentResult {
  readonly experiment: string;
  readonly control: string;
  readonly variants: readonly {
    readonly variant: string;
    readonly sessions: number;
    readonly comparisons: readonly Comparison[];
  }[];
  readonly warnings: readonly string[];
}

interface Moments {
  readonly n: number;
  readonly mean: number;
  readonly variance: number;
}

function moments({ n, sum, squares }: { readonly n: number; readonly sum: number; readonly squares: number }): Moments {
  const mean = sum / n;
  return { n, mean, variance: n > 1 ? Math.max((squares - n * mean * mean) / (n - 1), 0) : 0 };
}

type Judged = Pick<Comparison, 'difference' | 'interval' | 'p' | 'detectable'>;

/** Welch's interval for a difference of means. @see Welch 1947 */
function welch(own: Moments, control: Moments): Judged {
  const [a, b] = [own.variance / own.n, control.variance / control.n];
  const difference = own.mean - control.mean;
  const error = Math.sqrt(a + b);
  if (error === 0)
    return { difference, interval: [difference, difference], p: difference === 0 ? 1 : 0, detectable: 0 };
  const degrees = (a + b) ** 2 / (a ** 2 / (own.n - 1) + b ** 2 / (control.n - 1));
  const reach = studentQuantile(CONFIDENCE, degrees) * error;
  return {
    difference,
    interval: [difference - reach, difference + reach],
    p: studentTwoSided(difference / error, degrees),
    detectable: Z_POWER * error,
  };
}

/** Newcombe's interval for a difference of shares, from the score interval of each. @see Newcombe 1998, method 10 */
function newcombe(own: Moments, control: Moments): Judged {
  const [low1, high1] = wilson(own.mean * own.n, own.n, Z);
  const [low2, high2] = wilson(control.mean * control.n, control.n, Z);
  const difference = own.mean - control.mean;
  const pooled = (own.mean * own.n + control.mean * control.n) / (own.n + control.n);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / own.n + 1 / control.n));
  const chi = error === 0 ? 0 : (difference / error) ** 2;
  return {
    difference,
    interval: [
      difference - Math.sqrt((own.mean - low1) ** 2 + (high2 - control.mean) ** 2),
      difference + Math.sqrt((high1 - own.mean) ** 2 + (control.mean - low2) ** 2),
    ],
    p: chiSquareTail(chi, 1),
    detectable: Z_POWER * error,
  };
}

const failuresEnough = ({ n, mean }: Moments): boolean => Math.min(mean * n, (1 - mean) * n) >= FEWEST_FAILURES - 1e-9;

function verdictOf(metric: MetricName, own: Moments, control: Moments, { interval }: Judged): Comparison['verdict'] {
  const enough = Math.min(own.n, control.n) >= FEWEST;
  if (!enough || interval === null) return 'too few sessions';
  if (metric === 'failure' && !(failuresEnough(own) && failuresEnough(control))) return 'too few sessions';
  const [low, high] = interval;
  if (low <= 0 && high >= 0) return 'no difference shown';
  return low > 0 === (BETTER[metric] === 'higher') ? 'better' : 'worse';
}

const NOTHING: Judged = { difference: null, interval: null, p: null, detectable: null };

function compare(metric: MetricName, variant: VariantSums, control: VariantSums): Comparison {
  const own = variant.metrics[metric];
  const base = control.metrics[metric];
  const n = own?.n ?? 0;
  if (!own || !base || n < 2 || base.n < 2) {
    return { metric, n, mean: own && n > 0 ? own.sum / n : null, ...NOTHING, verdict: 'too few sessions' };
  }
  const [a, b] = [moments(own), moments(base)];
  const judged = variant === control ? NOTHING : (metric === 'failure' ? newcombe : welch)(a, b);
  const verdict = variant === control ? 'no difference shown' : verdictOf(metric, a, b, judged);
  return { metric, n, mean: a.mean, ...judged, verdict };
}

/** Chance of sessions falling so unevenly if each variant got its share; `shares` sum to 1. */
export function splitChance(sessions: readonly number[], shares: readonly number[]): number {
  const total = sessions.reduce((sum, count) => sum + count, 0);
  if (total === 0 || sessions.length < 2) return 1;
  const chi = sessions.reduce((sum, count, index) => {
    const expected = total * (shares[index] ?? 0);
    return expected > 0 ? sum + (count - expected) ** 2 / expected : sum;
  }, 0);
  return chiSquareTail(chi, sessions.length - 1);
}

function warningsOf(variants: readonly VariantSums[], shares: readonly number[] | null): string[] {
  const warnings: string[] = [];
  const few = variants.filter(({ sessions }) => sessions < FEWEST);
  if (few.length > 0) {
    const names = few.map(({ variant, sessions }) => `${variant} has ${sessions}`).join(', ');
    warnings.push(`Too few sessions to judge: ${names}; each variant needs at least ${FEWEST}.`);
  }
  if (variants.length < 2) warnings.push('Only one variant has sessions: there is nothing to compare it with.');
  const equal = variants.map(() => 1 / variants.length);
  const chance = splitChance(
    variants.map(({ sessions }) => sessions),
    shares ?? equal,
  );
  if (chance < MISMATCH) {
    warnings.push(
      `The sessions are split as they would be by chance once in ${Math.round(1 / Math.max(chance, 1e-9))} times${shares ? '' : ' if the shares are equal'}: some are missing from a variant, so the comparison may be wrong.`,
    );
  }
  return warnings;
}

/**
 * Compares the variants of an experiment by the sums of their sessions: means by Welch's t, shares of failures by
 * Newcombe's interval, at 95 %. The intervals hold for one look at a sample whose size was settled before; each metric
 * is judged by itself, so decide by one and take the others as a guard.
 *
 * @param control the variant to compare with; the first by name if not told
 * @param shares  how sessions were meant to be split, in the order of `variants`; equal if not told
 * @throws RangeError if control is none of the variants
 */
export function experimentResult(
  experiment: string,
  variants: readonly VariantSums[],
  control = variants.find(({ variant }) => variant === 'control')?.variant ?? variants[0]?.variant ?? '',
  shares: readonly number[] | null = null,
): ExperimentResult {
  const base = variants.find(({ variant }) => variant === control);
  if (!base) throw new RangeError(`control must be one of the variants, got ${control}`);
  return {
    experiment,
    control,
    variants: variants.map((own) => ({
      variant: own.variant,
      sessions: own.sessions,
      comparisons: (Object.keys(METRICS) as MetricName[]).map((metric) => compare(metric, own, base)),
    })),
    warnings: warningsOf(variants, shares),
  };
}
