import type { Clock } from '../../media/clock.ts';
import type { LossReason } from '../beacon-format.ts';
import type { DeliveryLimits } from './delivery-limits.ts';
import { bytesOf, type Entry, type EntryKey } from './entry.ts';
import { createJournal, type Journal } from './journal.ts';
import { type LossNote, type LostRanges, lossLedger } from './loss-ledger.ts';
import { createOutbox, type OutboxItem } from './outbox.ts';
import type { DroppedEntry, OutboxStore } from './outbox-store.ts';

/** What a {@link Backlog} is made of. */
export interface BacklogParts {
  readonly store: OutboxStore | null;
  readonly owner: string;
  readonly clock: Clock;
  /** ms since the epoch. */
  readonly epoch: () => number;
  /** 0…1. */
  readonly random: () => number;
  readonly limits: DeliveryLimits;
  /** The line that tells of a loss; null when the format has none. */
  readonly lossLine: ((lost: LostRanges) => string) | null;
  /** There may be something to send that was not there before. */
  readonly onChange: () => void;
}

/** Everything that waits to be sent: in memory, in the store, and with whoever feeds it. */
export interface Backlog {
  add(entry: Entry): void;
  /** Entries that are kept elsewhere: taken as room allows, so that they do not crowd out what happens now. */
  feed(entries: Iterator<Entry>): void;
  lose(key: EntryKey, reason: LossReason): void;
  /** The store threw these out; what is in memory still is not lost. */
  dropped(entries: readonly DroppedEntry[]): void;
  /** What waits in memory and is not in flight. */
  readonly idle: { readonly entries: number; readonly bytes: number };
  /** Since when something has waited, s on the clock; null if nothing does. */
  readonly waitingSince: number | null;
  /** Some of it is in the store only. */
  readonly spilled: boolean;
  /** The oldest in memory, now in flight; empty if nothing is idle. */
  take(maxEntries: number, maxBytes: number): readonly Entry[];
  /** The oldest of this page that are in the store only. */
  readSpilled(maxEntries: number, maxBytes: number): Promise<readonly Entry[]>;
  /** What fits, dearest first, in flight at exit; those in flight already too if `all`. */
  takeForExit(maxBytes: number, all: boolean): readonly OutboxItem[];
  /** They did not arrive: they wait again. */
  release(keys: Iterable<EntryKey>): void;
  /** What was handed over at exit waits again: nobody can say whether it arrived. */
  releaseExits(): void;
  /** They arrived; `owner` is in whose name the store has them. */
  arrived(keys: readonly EntryKey[], owner: string): Promise<void>;
  /** They never will. */
  giveUp(keys: readonly EntryKey[], owner: string, reason: LossReason): Promise<void>;
  /** Stores what is not stored, the feeds' rest too. Asks everything of the store before it returns. */
  store(): Promise<void>;
  /** While held nothing is stored. */
  hold(held: boolean): void;
  forget(): Promise<void>;
  /** No timer waits any more. */
  stop(): void;
  readonly size: number;
  /** Entries that never come, by why. */
  readonly lost: Readonly<Partial<Record<LossReason, number>>>;
}

/** So many numbers that two pages never tell of losses under the same. */
const NOTE_NUMBERS = 2 ** 48;

/** The first entries that make a batch; at least one if there is any. */
export function firstOf(entries: readonly Entry[], maxEntries: number, maxBytes: number): readonly Entry[] {
  let bytes = 0;
  const end = entries.findIndex((entry, index) => {
    bytes += bytesOf(entry);
    return index > 0 && (index >= maxEntries || bytes > maxBytes);
  });
  return end < 0 ? entries : entries.slice(0, end);
}

/** Makes an empty {@link Backlog}. */
export function createBacklog(parts: BacklogParts): Backlog {
  const { store, owner, clock, epoch, limits, lossLine, onChange } = parts;
  const outbox = createOutbox();
  const ledger = lossLedger(-Math.floor(parts.random() * NOTE_NUMBERS));
  const lost: Partial<Record<LossReason, number>> = {};
  let feeds: Iterator<Entry>[] = [];
  let waitingSince: number | null = null;
  let spilled = false;
  let held = false;
  let cancelNote: (() => void) | null = null;

  const tell = (key: EntryKey, reason: LossReason): void => {
    if (lossLine === null) return;
    ledger.add(key.stream, key.seq, reason);
    noteSoon();
  };

  const lose = (key: EntryKey, reason: LossReason): void => {
    // A line that tells of losses is no fact: losing it loses nothing that is counted.
    if (key.seq < 0) return;
    lost[reason] = (lost[reason] ?? 0) + 1;
    tell(key, reason);
  };

  /** Losses come in swarms: one note, one write for many. */
  function noteSoon(): void {
    if (journal !== null && !held) journal.touch();
    if (journal !== null) return;
    cancelNote ??= clock.after(limits.journalDelay, () => {
      cancelNote = null;
      noteLosses();
      onChange();
    });
  }

  const onDropped = (dropped: readonly DroppedEntry[]): void => {
    for (const key of dropped) {
      const item = key.owner === owner ? outbox.get(key) : undefined;
      if (item === undefined) lose(key, key.reason);
      else {
        // Memory has it still and will send it; told all the same, for nobody could if the page were killed now.
        item.stored = 'dropped';
        if (key.seq >= 0) tell(key, key.reason);
      }
    }
    // At once: until the note is in the store too, a kill would take both the facts and the word of it.
    if (dropped.length > 0 && !held) void journal?.writeNow();
  };

  const crowded = (): boolean => outbox.size > limits.keptEntries || outbox.bytes > limits.memoryBytes / 2;

  /** Memory keeps the oldest; the rest, on disk by now, is read back when its turn comes. */
  const spill = (): void => {
    if (!crowded()) return;
    const movable = [...outbox.items()].filter(
      ({ entry, stored, flight }) => entry.seq >= 0 && stored === 'yes' && flight === 'none',
    );
    for (let item = movable.pop(); item !== undefined && crowded(); item = movable.pop()) {
      outbox.remove(item.entry);
      spilled = true;
    }
  };

  const onWritten = (): void => {
    spill();
    onChange();
  };

  const journal: Journal | null =
    store === null
      ? null
      : createJournal({
          store,
          owner,
          outbox,
          clock,
          delay: limits.journalDelay,
          beforeWrite: () => noteLosses(),
          onWritten,
          onDropped,
        });

  const full = (): boolean => outbox.size > limits.memoryEntries || outbox.bytes > limits.memoryBytes;

  const cheapest = (): OutboxItem | null => {
    let found: OutboxItem | null = null;
    for (const item of outbox.items()) {
      // Notes of losses are few, and what is being written has its place already.
      if (item.flight !== 'none' || item.stored === 'writing' || item.entry.seq < 0) continue;
      if (found === null || item.entry.rank < found.entry.rank) found = item;
    }
    return found;
  };

  /** The cap that holds whatever happens: the cheapest goes, of those the oldest. */
  const makeRoom = (): void => {
    for (let item = full() ? cheapest() : null; item !== null; item = full() ? cheapest() : null) {
      outbox.remove(item.entry);
      if (item.stored === 'yes') spilled = true;
      else lose(item.entry, 'memory');
    }
  };

  const put = (entry: Entry): void => {
    if (!outbox.add(entry)) return;
    waitingSince ??= clock.now();
    if (!held) journal?.touch();
    makeRoom();
  };

  /** What was lost, as lines among the others: they grow in place until they are on their way. */
  function noteLosses(): void {
    if (lossLine === null) return;
    const isWaiting = (note: LossNote): boolean => outbox.get(note)?.flight === 'none';
    for (const note of ledger.changed(isWaiting)) {
      const text = lossLine(note);
      outbox.replace({ stream: note.stream, seq: note.seq, text, rank: 4, recordedAt: epoch() });
      waitingSince ??= clock.now();
    }
  }

  const refill = (): void => {
    while (!spilled && feeds.length > 0 && outbox.size < 2 * limits.batchEntries) {
      const next = feeds[0]?.next();
      if (next === undefined || next.done) feeds.shift();
      else put(next.value);
    }
  };

  const restOfFeeds = (): Entry[] => {
    const rest: Entry[] = [];
    for (const feed of feeds) for (let next = feed.next(); !next.done; next = feed.next()) rest.push(next.value);
    feeds = [];
    return rest;
  };

  const arrived = async (keys: readonly EntryKey[], from: string): Promise<void> => {
    const beyond: EntryKey[] = [];
    for (const key of keys) {
      const item = outbox.get(key);
      outbox.remove(key);
      if (item === undefined) beyond.push(key);
      else if (item.stored !== 'no') journal?.forget(key);
    }
    // What is not in memory was read from the store, and must be out of it before it is read again.
    if (beyond.length > 0) onDropped((await store?.write(from, [], beyond)) ?? []);
    refill();
  };

  const stop = (): void => {
    journal?.stop();
    cancelNote?.();
    cancelNote = null;
  };

  return {
    add: put,
    feed(entries) {
      feeds.push(entries);
      refill();
    },
    lose,
    dropped: onDropped,
    get idle() {
      return outbox.idle;
    },
    get waitingSince() {
      return waitingSince;
    },
    get spilled() {
      return spilled;
    },
    take(maxEntries, maxBytes) {
      noteLosses();
      refill();
      const taken = outbox.take(maxEntries, maxBytes).map(({ entry }) => entry);
      if (outbox.idle.entries === 0) waitingSince = null;
      return taken;
    },
    async readSpilled(maxEntries, maxBytes) {
      // Until the store has answered there may be more; a store that fails is not asked again for what only it has.
      spilled = false;
      // What arrived has to be out of it first, or it would be sent again.
      await journal?.writeNow();
      const read = (await store?.read(owner, outbox.size + maxEntries)) ?? [];
      const beyond = read.filter((entry) => !outbox.has(entry));
      if (beyond.length > 0) spilled = true;
      refill();
      return firstOf(beyond, maxEntries, maxBytes);
    },
    takeForExit(maxBytes, all) {
      noteLosses();
      return outbox.takeForExit(maxBytes, all);
    },
    release(keys) {
      outbox.release(keys);
      if (outbox.idle.entries > 0) waitingSince ??= clock.now();
    },
    releaseExits() {
      const handedOver = [...outbox.items()].filter(({ flight }) => flight === 'exit');
      outbox.release(handedOver.map(({ entry }) => entry));
      if (outbox.idle.entries > 0) waitingSince ??= clock.now();
    },
    arrived,
    async giveUp(keys, from, reason) {
      for (const key of keys) lose(key, reason);
      await arrived(keys, from);
    },
    async store() {
      const rest = journal === null ? [] : restOfFeeds();
      if (rest.length > 0) spilled = true;
      await journal?.writeNow(rest);
    },
    hold(hold) {
      held = hold;
      if (!held) journal?.touch();
    },
    async forget() {
      feeds = [];
      outbox.clear();
      ledger.clear();
      stop();
      spilled = false;
      waitingSince = null;
      await store?.clear();
    },
    stop,
    get size() {
      return outbox.size;
    },
    lost,
  };
}
