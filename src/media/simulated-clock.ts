import type { Clock } from './clock.ts';

/** A clock for tests and simulations: it stands still until told how far to go. */
export interface SimulatedClock extends Clock {
  /** Moves on by `duration` s, running on the way what falls due, in order of time. */
  advance(duration: number): void;
  /** Callbacks that wait. */
  readonly waiting: number;
}

/** Starts at 0 s. */
export function simulatedClock(): SimulatedClock {
  let now = 0;
  const timers = new Set<{ readonly due: number; readonly callback: () => void }>();
  const nextBefore = (limit: number) => [...timers].filter(({ due }) => due <= limit).sort((a, b) => a.due - b.due)[0];
  return {
    now: () => now,
    after(delay, callback) {
      const timer = { due: now + delay, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(duration) {
      const end = now + duration;
      for (let timer = nextBefore(end); timer !== undefined; timer = nextBefore(end)) {
        timers.delete(timer);
        now = timer.due;
        timer.callback();
      }
      now = end;
    },
    get waiting() {
      return timers.size;
    },
  };
}
