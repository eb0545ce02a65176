import type { Clock } from '../../media/clock.ts';
import type { DeliveryEnvironment } from '../delivery/delivery-environment.ts';
import { indexedDbStore } from '../delivery/indexed-db-store.ts';
import { webLocks } from '../delivery/tab-locks.ts';
import { watchPage } from './page-lifecycle.ts';

/** The page's monotonic time, s since the environment was made. */
export function pageClock(): Clock {
  const origin = performance.now();
  return {
    now: () => (performance.now() - origin) / 1000,
    after(delay, callback) {
      const timer = setTimeout(callback, delay * 1000);
      return () => clearTimeout(timer);
    },
  };
}

function sendBeacon(url: string, body: string, contentType: string): boolean {
  try {
    return navigator.sendBeacon(url, new Blob([body], { type: contentType }));
  } catch {
    // A URL or a type that this browser does not let through.
    return false;
  }
}

/**
 * What a page gives a delivery. Parts that this browser lacks, or keeps from this page, are null: without IndexedDB facts wait in
 * memory, without Web Locks a page takes over what another left behind when that has been silent for a minute.
 *
 * @param name  of the database
 */
export function browserEnvironment(name: string): DeliveryEnvironment {
  const epoch = (): number => Date.now();
  return {
    clock: pageClock(),
    epoch,
    random: Math.random,
    fetch: (...args) => globalThis.fetch(...args),
    sendBeacon: typeof navigator.sendBeacon === 'function' ? sendBeacon : null,
    store: typeof indexedDB === 'undefined' ? null : indexedDbStore(indexedDB, name, epoch),
    locks: webLocks(navigator.locks),
    online: () => navigator.onLine,
    hidden: () => document.visibilityState === 'hidden',
    watchPage,
  };
}
