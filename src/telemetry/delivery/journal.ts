import type { Clock } from '../../media/clock.ts';
import type { Entry, EntryKey } from './entry.ts';
import type { Outbox, OutboxItem } from './outbox.ts';
import type { DroppedEntry, OutboxStore } from './outbox-store.ts';

/** What a {@link Journal} is made of. `delay` is s from a change to its write. */
export interface JournalParts {
  readonly store: OutboxStore;
  readonly owner: string;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly delay: number;
  /** The last moment to change what will be written. */
  readonly beforeWrite: () => void;
  readonly onWritten: () => void;
  readonly onDropped: (dropped: readonly DroppedEntry[]) => void;
}

/** Keeps the store up with the outbox: what is recorded is on disk a moment later, what arrived is forgotten. */
export interface Journal {
  /** Something changed: it is written within the delay, together with what else changes until then. */
  touch(): void;
  /** The entry arrived or was given up: the store need not keep it. */
  forget(key: EntryKey): void;
  /** Writes everything now, `extra` entries too, that memory does not hold: all that can be done when the page goes. */
  writeNow(extra?: readonly Entry[]): Promise<void>;
  /** No timer waits any more. */
  stop(): void;
}

/** s after which a store that failed is tried again: full disk, private mode or a profile that is locked rarely heal at once. */
const RETRY_DELAY = 5;

/** Makes a {@link Journal}. */
export function createJournal(parts: JournalParts): Journal {
  const { store, owner, outbox, clock, delay } = parts;
  let removals: EntryKey[] = [];
  let cancelTimer: (() => void) | null = null;
  let writing = 0;
  let changed = false;
  let pausedUntil = 0;

  const unstored = (): OutboxItem[] => {
    const found: OutboxItem[] = [];
    for (const item of outbox.items()) if (item.stored === 'no') found.push(item);
    return found;
  };

  const settle = (items: readonly OutboxItem[], stored: OutboxItem['stored']): void => {
    for (const item of items) if (item.stored === 'writing') item.stored = stored;
  };

  const write = async (extra: readonly Entry[]): Promise<void> => {
    parts.beforeWrite();
    const items = unstored();
    const remove = removals;
    if (items.length === 0 && remove.length === 0 && extra.length === 0) return;
    removals = [];
    changed = false;
    for (const item of items) item.stored = 'writing';
    writing += 1;
    try {
      const dropped = await store.write(owner, [...items.map(({ entry }) => entry), ...extra], remove);
      settle(items, 'yes');
      parts.onDropped(dropped);
      parts.onWritten();
    } catch {
      settle(items, 'no');
      removals = [...remove, ...removals];
      pausedUntil = clock.now() + RETRY_DELAY;
      changed = true;
    } finally {
      writing -= 1;
      if (changed) schedule(delay);
    }
  };

  const schedule = (wait: number): void => {
    cancelTimer ??= clock.after(Math.max(wait, pausedUntil - clock.now()), () => {
      cancelTimer = null;
      // One write at a time in normal running; what changes meanwhile goes with the next.
      if (writing === 0) void write([]);
      else changed = true;
    });
  };

  const touch = (): void => {
    changed = true;
    schedule(delay);
  };

  return {
    touch,
    forget(key) {
      removals.push(key);
      touch();
    },
    writeNow: (extra = []) => write(extra),
    stop() {
      cancelTimer?.();
      cancelTimer = null;
    },
  };
}
