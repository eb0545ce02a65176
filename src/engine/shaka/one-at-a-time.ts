/** Lets one in at a time, in the order they came. */
export interface OneAtATime {
  /** Resolves when it is the caller's turn; rejects with the signal's reason when the caller gives up waiting. */
  enter(signal: AbortSignal): Promise<void>;
  /** The turn of whoever is in is over. */
  leave(): void;
}

/** Makes a {@link OneAtATime} with nobody in. */
export function oneAtATime(): OneAtATime {
  let occupied = false;
  const waiting: (() => void)[] = [];
  return {
    enter(signal) {
      if (signal.aborted) return Promise.reject(signal.reason);
      if (!occupied) {
        occupied = true;
        return Promise.resolve();
      }
      return new Promise((resolve, reject) => {
        const onAbort = (): void => {
          waiting.splice(waiting.indexOf(enter), 1);
          reject(signal.reason);
        };
        const enter = (): void => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        };
        waiting.push(enter);
        signal.addEventListener('abort', onAbort, { once: true });
      });
    },
    leave() {
      const next = waiting.shift();
      if (next === undefined) occupied = false;
      else next();
    },
  };
}
