/** Locks among the pages of an origin; a page that goes, however it goes, lets go of its own. */
export interface TabLocks {
  /** Waits until the lock is free, then holds it and says so, until the result is called. */
  hold(name: string, onHeld: () => void): () => void;
  /** Names of all locks held now, by any page. */
  held(): Promise<ReadonlySet<string>>;
}

/** The Web Locks of this browser; null where there are none. */
export function webLocks(locks: LockManager | undefined): TabLocks | null {
  if (locks === undefined) return null;
  return {
    hold(name, onHeld) {
      const waiting = new AbortController();
      let release = (): void => {};
      const until = new Promise<void>((resolve) => {
        release = resolve;
      });
      locks
        .request(name, { signal: waiting.signal }, () => {
          onHeld();
          return until;
        })
        .catch(() => {});
      return () => {
        release();
        waiting.abort();
      };
    },
    async held() {
      const { held = [] } = await locks.query();
      return new Set(held.map(({ name }) => name ?? ''));
    },
  };
}
