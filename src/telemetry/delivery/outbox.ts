import { bytesOf, type Entry, type EntryKey, keyOf } from './entry.ts';

/**
 * An entry in memory. `stored`: whether the store has it too (`dropped`: it had, and a cap threw it out). `flight`: on its
 * way in a request that will be answered (`normal`), or handed to the browser at exit (`exit`).
 */
export interface OutboxItem {
  readonly entry: Entry;
  readonly bytes: number;
  stored: 'no' | 'writing' | 'yes' | 'dropped';
  flight: 'none' | 'normal' | 'exit';
}

/** The entries in memory, oldest first. Pure bookkeeping: sends and stores nothing. */
export interface Outbox {
  /** False if it is here already. */
  add(entry: Entry): boolean;
  has(key: EntryKey): boolean;
  get(key: EntryKey): OutboxItem | undefined;
  /** In place of the one with the same name, which must not be in flight. */
  replace(entry: Entry): void;
  /** False if it was not here. */
  remove(key: EntryKey): boolean;
  clear(): void;
  items(): Iterable<OutboxItem>;
  /** The oldest that are not in flight, marked as on their way; at least one if there is any. */
  take(maxEntries: number, maxBytes: number): readonly OutboxItem[];
  /** The dearest and among them the newest that fit, in order of time, marked as on their way at exit. */
  takeForExit(maxBytes: number, includeNormal: boolean): readonly OutboxItem[];
  /** Not on their way any more. */
  release(keys: Iterable<EntryKey>): void;
  readonly size: number;
  readonly bytes: number;
  /** Entries not in flight, and their bytes. */
  readonly idle: { readonly entries: number; readonly bytes: number };
}

/** Makes an empty {@link Outbox}. */
export function createOutbox(): Outbox {
  const items = new Map<string, OutboxItem>();
  let bytes = 0;
  let flying = 0;
  let flyingBytes = 0;
  const setFlight = (item: OutboxItem, flight: OutboxItem['flight']): void => {
    const change = Number(flight !== 'none') - Number(item.flight !== 'none');
    flying += change;
    flyingBytes += change * item.bytes;
    item.flight = flight;
  };
  const add = (entry: Entry): boolean => {
    const key = keyOf(entry);
    if (items.has(key)) return false;
    const item: OutboxItem = { entry, bytes: bytesOf(entry), stored: 'no', flight: 'none' };
    items.set(key, item);
    bytes += item.bytes;
    return true;
  };
  const remove = (key: EntryKey): boolean => {
    const item = items.get(keyOf(key));
    if (item === undefined) return false;
    setFlight(item, 'none');
    bytes -= item.bytes;
    return items.delete(keyOf(key));
  };
  return {
    add,
    has: (key) => items.has(keyOf(key)),
    get: (key) => items.get(keyOf(key)),
    replace(entry) {
      remove(entry);
      add(entry);
    },
    remove,
    clear() {
      items.clear();
      bytes = flying = flyingBytes = 0;
    },
    items: () => items.values(),
    take(maxEntries, maxBytes) {
      const taken: OutboxItem[] = [];
      let sum = 0;
      for (const item of items.values()) {
        if (item.flight !== 'none') continue;
        if (taken.length > 0 && (taken.length >= maxEntries || sum + item.bytes > maxBytes)) break;
        setFlight(item, 'normal');
        taken.push(item);
        sum += item.bytes;
      }
      return taken;
    },
    takeForExit(maxBytes, includeNormal) {
      const open = [...items.values()].filter(
        ({ flight }) => flight === 'none' || (includeNormal && flight === 'normal'),
      );
      const dearest = open
        .map((item, order) => ({ item, order }))
        .sort((a, b) => b.item.entry.rank - a.item.entry.rank || b.order - a.order);
      let room = maxBytes;
      const taken = dearest.filter(({ item }) => {
        if (item.bytes > room) return false;
        room -= item.bytes;
        return true;
      });
      for (const { item } of taken) setFlight(item, 'exit');
      return taken.sort((a, b) => a.order - b.order).map(({ item }) => item);
    },
    release(keys) {
      for (const key of keys) {
        const item = items.get(keyOf(key));
        if (item !== undefined) setFlight(item, 'none');
      }
    },
    get size() {
      return items.size;
    },
    get bytes() {
      return bytes;
    },
    get idle() {
      return { entries: items.size - flying, bytes: bytes - flyingBytes };
    },
  };
}
