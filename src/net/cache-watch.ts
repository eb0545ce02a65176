/** When a response was asked for and received (s, any clock) and how many bytes it had. */
export interface ObservedTransfer {
  readonly start: number;
  readonly firstByte: number;
  readonly end: number;
  readonly bytes: number;
}

/** Tells responses of the browser's cache from those of the network. */
export interface CacheWatch {
  wasCached(url: string, transfer: ObservedTransfer): boolean;
  destroy(): void;
}

/** Faster than this, bits/s, and it was no network: 2.5 Gbit/s is beyond what a browser reads from a socket. */
const IMPOSSIBLE_RATE = 2.5e9;
/** s within which a cache answers. Only used where the browser does not say, so both signs must agree. */
const CACHE_LATENCY = 0.005;

/** By timing alone, for responses whose origin sends no Timing-Allow-Origin. */
export function looksCached({ start, firstByte, end, bytes }: ObservedTransfer): boolean {
  return firstByte - start < CACHE_LATENCY && bytes * 8 > IMPOSSIBLE_RATE * Math.max(end - firstByte, 1e-4);
}

/**
 * Watches Resource Timing: a `transferSize` of 0 with a body is the cache (a 304 that refreshes it has 300 bytes of headers).
 * Its entries are taken through an observer, which a full timing buffer of the page does not blind. Where there is no entry, or one whose
 * origin hides its sizes, {@link looksCached} decides.
 */
export function watchCache(): CacheWatch {
  const entries = new Map<string, PerformanceResourceTiming>();
  const keep = (list: readonly PerformanceEntry[]): void => {
    for (const entry of list) {
      entries.delete(entry.name);
      entries.set(entry.name, entry as PerformanceResourceTiming);
    }
    // Only the newest matter: an entry is asked for just after it came.
    for (const name of entries.keys()) {
      if (entries.size <= 100) break;
      entries.delete(name);
    }
  };
  const observer =
    typeof PerformanceObserver === 'undefined' ? null : new PerformanceObserver((list) => keep(list.getEntries()));
  observer?.observe({ type: 'resource' });
  return {
    wasCached(url, transfer) {
      keep(observer?.takeRecords() ?? []);
      const entry = entries.get(url);
      entries.delete(url);
      if (entry === undefined || entry.decodedBodySize === 0) return looksCached(transfer);
      return entry.transferSize <= 300 && entry.decodedBodySize > 300;
    },
    destroy() {
      observer?.disconnect();
      entries.clear();
    },
  };
}
