import type { Clock } from '../media/clock.ts';

/** A clock that starts at 0 now, on the page's monotonic time; `destroy` cancels everything still waiting. */
export function systemClock(): Clock & { destroy(): void } {
  const origin = performance.now();
  const waiting = new Set<ReturnType<typeof setTimeout>>();
  return {
    now: () => (performance.now() - origin) / 1000,
    after(delay, callback) {
      const timer = setTimeout(() => {
        waiting.delete(timer);
        callback();
      }, delay * 1000);
      waiting.add(timer);
      return () => {
        clearTimeout(timer);
        waiting.delete(timer);
      };
    },
    destroy() {
      for (const timer of waiting) clearTimeout(timer);
      waiting.clear();
    },
  };
}
