import type { Clock } from '../media/clock.ts';
import { PlayerError } from '../media/player-error.ts';
import { abortError } from './fetch-handler.ts';
import type { HttpRequest, Middleware } from './http.ts';

/** Options of {@link retry}. Delays are s; `random` returns 0…1. */
export interface RetryOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Attempts in all, the first included. Default 4. */
  readonly maxAttempts?: number;
  /** Longest delay before the second attempt; doubles with each. Default 0.5 s. */
  readonly baseDelay?: number;
  /** Default 8 s. */
  readonly maxDelay?: number;
}

/** Statuses worth another try: time-outs, too early, too many requests, and what the server says is its own fault. */
const RETRYABLE_STATUS = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Whether the same request may succeed a little later. */
export function isRetryable(error: unknown): boolean {
  if (!(error instanceof PlayerError)) return false;
  if (error.code === 'HTTP_STATUS') return error.status !== null && RETRYABLE_STATUS.has(error.status);
  return error.code === 'NETWORK_FAILED' || error.code === 'TIMEOUT_FIRST_BYTE' || error.code === 'TIMEOUT_STALLED';
}

/** Resolves after `delay` s, or rejects at once with ABORTED when the signal fires. */
export function pause(clock: Clock, delay: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(abortError(signal));
    const cancel = clock.after(delay, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    const onAbort = (): void => {
      cancel();
      reject(abortError(signal));
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * Tries again what may succeed a little later, with exponential backoff and full jitter (the delay is uniform in
 * 0…min(maxDelay, baseDelay·2ⁿ)), never sooner than Retry-After asks. 4xx other than 408, 425 and 429 are final at once.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 * @throws RangeError if maxAttempts is not a whole number >= 1 or a delay is negative
 */
export function retry(options: RetryOptions): Middleware {
  const { clock, random, maxAttempts = 4, baseDelay = 0.5, maxDelay = 8 } = options;
  if (!(Number.isInteger(maxAttempts) && maxAttempts >= 1)) {
    throw new RangeError(`maxAttempts must be a whole number >= 1, got ${maxAttempts}`);
  }
  if (!(baseDelay >= 0 && maxDelay >= 0))
    throw new RangeError(`delays must be >= 0 s, got ${baseDelay} and ${maxDelay}`);
  const delayAfter = (attempt: number, error: unknown): number => {
    const backoff = random() * Math.min(maxDelay, baseDelay * 2 ** (attempt - 1));
    const asked = error instanceof PlayerError ? (error.retryAfter ?? 0) : 0;
    return Math.max(backoff, asked);
  };
  return (next) => async (request: HttpRequest, signal) => {
    for (let attempt = request.attempt; ; attempt += 1) {
      try {
        return await next({ ...request, attempt }, signal);
      } catch (error) {
        if (attempt >= maxAttempts || signal.aborted || !isRetryable(error)) throw error;
        await pause(clock, delayAfter(attempt, error), signal);
      }
    }
  };
}
