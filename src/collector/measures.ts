/*
 * Distributions as counts in buckets, so that those of many sessions and minutes add up, and a session's old part can be
 * taken out again. Times and ratios fall into buckets that grow by a constant factor (the sketch of Masson, Rim and Lee,
 * "DDSketch", VLDB 2019): any percentile read from them is within ACCURACY of a value that was really there.
 */

/** Largest relative error of a percentile read from logarithmic buckets. */
export const ACCURACY = 0.01;

const GROWTH = (1 + ACCURACY) / (1 - ACCURACY);
const LOG_GROWTH = Math.log(GROWTH);
/** Bucket of zero and of everything smaller than the smallest value told apart. */
const ZERO_BUCKET = -1_000_000;

/** How the values of a measure fall into buckets, and the value a bucket stands for. */
export interface Buckets {
  readonly bucketOf: (value: number) => number;
  readonly valueOf: (bucket: number) => number;
}

/** Buckets of constant relative width for values >= 0; less than `smallest` counts as 0. */
export function logBuckets(smallest: number): Buckets {
  return {
    bucketOf: (value) => (value < smallest ? ZERO_BUCKET : Math.ceil(Math.log(value) / LOG_GROWTH)),
    valueOf: (bucket) => (bucket === ZERO_BUCKET ? 0 : (2 * GROWTH ** bucket) / (GROWTH + 1)),
  };
}

/** Buckets of constant width, each standing for its middle. */
export function linearBuckets(width: number): Buckets {
  return {
    bucketOf: (value) => Math.floor(value / width),
    valueOf: (bucket) => (bucket + 0.5) * width,
  };
}

/**
 * What is counted of each session: `startup` s to the first frame, `rebuffering` share of watched time stalled (0…1),
 * `score` the normalised QoE score (0…100, buckets of 1).
 */
export const MEASURES = {
  startup: logBuckets(0.001),
  rebuffering: logBuckets(0.0001),
  score: linearBuckets(1),
} as const satisfies Record<string, Buckets>;

/** The measures of a session. */
export type Measure = keyof typeof MEASURES;

/** Prefix of the measures that count errors: `error:HTTP_STATUS`, bucket 1 if fatal, else 0. */
export const ERROR_MEASURE = 'error:';

/** Counts by bucket of one distribution. */
export type Histogram = ReadonlyMap<number, number>;

/** How many values a histogram holds. */
export function totalOf(histogram: Histogram): number {
  let total = 0;
  for (const count of histogram.values()) total += count;
  return total;
}

/**
 * Percentiles of a histogram by nearest rank: the value of the bucket in which the ⌈share · n⌉-th smallest value lies.
 *
 * @param shares each over 0 and at most 1: 0.5 is the median
 * @returns one value a share, null where there is nothing
 */
export function percentilesOf(
  histogram: Histogram,
  buckets: Buckets,
  shares: readonly number[],
): readonly (number | null)[] {
  const ascending = [...histogram].filter(([, count]) => count > 0).sort(([a], [b]) => a - b);
  const total = totalOf(histogram);
  return shares.map((share) => {
    if (!(share > 0 && share <= 1)) throw new RangeError(`share must be over 0 and at most 1, got ${share}`);
    let rank = Math.ceil(share * total - 1e-9);
    for (const [bucket, count] of ascending) {
      rank -= count;
      if (rank <= 0) return buckets.valueOf(bucket);
    }
    return null;
  });
}
