/** What a sender may do: `rate` units a second in the long run, `burst` units at once. */
export interface Allowance {
  readonly rate: number;
  readonly burst: number;
}

/** A limit on how much each of many senders may do. Knows them for as long as it takes to forget, and no longer. */
export interface RateLimit {
  /** s until this sender may go on; 0 when it may now. */
  wait(sender: string, now: number): number;
  /** Notes that it did this much. May go over: then it waits until that is paid off. */
  charge(sender: string, amount: number, now: number): void;
}

/**
 * A leaking bucket for each sender: what it did leaks away at `rate`; while more than `burst` is in it, it waits. What a
 * request costs is known only once it is read, so it is charged afterwards and the next one pays.
 *
 * @param most senders remembered; those that did least go first
 * @throws RangeError if rate or burst is not over 0
 */
export function rateLimit({ rate, burst }: Allowance, most = 100_000): RateLimit {
  if (!(rate > 0)) throw new RangeError(`rate must be > 0 units/s, got ${rate}`);
  if (!(burst > 0)) throw new RangeError(`burst must be > 0 units, got ${burst}`);
  const buckets = new Map<string, { level: number; at: number }>();

  const levelOf = (sender: string, now: number): number => {
    const bucket = buckets.get(sender);
    if (!bucket) return 0;
    return Math.max(bucket.level - (Math.max(now - bucket.at, 0) / 1000) * rate, 0);
  };

  const forget = (now: number): void => {
    for (const sender of buckets.keys()) if (levelOf(sender, now) === 0) buckets.delete(sender);
    if (buckets.size <= most) return;
    const ascending = [...buckets.keys()].sort((a, b) => levelOf(a, now) - levelOf(b, now));
    for (const sender of ascending.slice(0, Math.ceil(most / 2))) buckets.delete(sender);
  };

  return {
    wait(sender, now) {
      return Math.max((levelOf(sender, now) - burst) / rate, 0);
    },
    charge(sender, amount, now) {
      buckets.set(sender, { level: levelOf(sender, now) + amount, at: now });
      if (buckets.size > most) forget(now);
    },
  };
}
