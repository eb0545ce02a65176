/** s: what the first wait may last at most; doubles with each failure … */
const BASE_DELAY = 1;
/** … up to this. */
const MAX_DELAY = 60;
/** Failures in a row after which the server is only probed. */
const BREAKER_FAILURES = 5;
/** s between probes at least. */
const PROBE_DELAY = 30;
/** s: a server that asks for more is asked again after this. */
const MAX_RETRY_AFTER = 3600;

/**
 * s to wait after this many failures in a row (≥ 1): full jitter, uniform in 0…min(60, 2ⁿ⁻¹); from the fifth on at least 30, so a server
 * that is down is probed, not pressed. What the server asked for goes before all of it.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffDelay(failures: number, random: () => number, retryAfter: number | null): number {
  const spread = random();
  // A whole audience was told the same time: the jitter goes on top.
  if (retryAfter !== null) return Math.min(retryAfter, MAX_RETRY_AFTER) + spread * BASE_DELAY;
  const most = Math.min(MAX_DELAY, BASE_DELAY * 2 ** (failures - 1));
  return failures < BREAKER_FAILURES ? spread * most : PROBE_DELAY + spread * (MAX_DELAY - PROBE_DELAY);
}
