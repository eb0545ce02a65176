import type { Clock } from '../media/clock.ts';

/** A limited number of attempts within any stretch of time, so that a recovery that does not help cannot go on for ever. */
export interface AttemptBudget {
  /** Uses one up: how many were used before it within the window (0 for the first), or null when none is left. */
  take(): number | null;
}

/** `limit` attempts within any `window` s. */
export function attemptBudget(clock: Clock, limit: number, window: number): AttemptBudget {
  let used: readonly number[] = [];
  return {
    take() {
      const now = clock.now();
      used = used.filter((at) => now - at < window);
      if (used.length >= limit) return null;
      used = [...used, now];
      return used.length - 1;
    },
  };
}
