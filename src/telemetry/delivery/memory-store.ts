import { bytesOf, type Entry, keyOf } from './entry.ts';
import { STORE_LIMITS } from './indexed-db-store.ts';
import type { DroppedEntry, OutboxStore, StoreLimits } from './outbox-store.ts';

/**
 * A store that lasts as long as the process: for tests, and for Node. It keeps to the same limits as the one of the browser.
 *
 * @param epoch  ms since the epoch, for the age
 */
export function memoryStore(epoch: () => number, limits: StoreLimits = STORE_LIMITS): OutboxStore {
  const held = new Map<string, Entry & { readonly owner: string }>();
  const byTime = (): (Entry & { readonly owner: string })[] =>
    [...held.values()].sort((a, b) => a.recordedAt - b.recordedAt || a.seq - b.seq);

  const drop = (entry: Entry & { readonly owner: string }, reason: DroppedEntry['reason']): DroppedEntry => {
    held.delete(keyOf(entry));
    return { stream: entry.stream, seq: entry.seq, owner: entry.owner, reason };
  };

  const trim = (): DroppedEntry[] => {
    const tooOld = byTime().filter(({ recordedAt }) => recordedAt < epoch() - limits.maxAge * 1000);
    const dropped = tooOld.map((entry) => drop(entry, 'age'));
    const cheapest = byTime().sort((a, b) => a.rank - b.rank);
    let bytes = cheapest.reduce((sum, entry) => sum + bytesOf(entry), 0);
    for (const entry of cheapest) {
      if (held.size <= limits.maxEntries && bytes <= limits.maxBytes) break;
      bytes -= bytesOf(entry);
      dropped.push(drop(entry, 'store'));
    }
    return dropped;
  };

  return {
    async write(owner, add, remove) {
      for (const key of remove) held.delete(keyOf(key));
      for (const entry of add) held.set(keyOf(entry), { ...entry, owner });
      return add.length === 0 && remove.length > 0 ? [] : trim();
    },
    read: async (owner, limit) =>
      byTime()
        .filter((entry) => entry.owner === owner)
        .slice(0, limit)
        .map(({ owner: _, ...entry }) => entry),
    owners: async () => [...new Set([...held.values()].map(({ owner }) => owner))].sort(),
    newest: async (owner) => byTime().findLast((entry) => entry.owner === owner)?.recordedAt ?? null,
    clear: async () => held.clear(),
    close: () => {},
  };
}
