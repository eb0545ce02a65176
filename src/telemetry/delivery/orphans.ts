import type { Clock } from '../../media/clock.ts';
import type { Entry } from './entry.ts';
import type { DroppedEntry, OutboxStore } from './outbox-store.ts';
import type { TabLocks } from './tab-locks.ts';

/** What a page that is no more left in the store. */
export interface Orphans {
  /** Starts to be the page that looks after them as soon as no other does, and says that this page lives. */
  start(): void;
  /** Leaves them to another page. */
  stop(): void;
  /** When to look next, s on the clock; null while another page does. */
  readonly nextLook: number | null;
  /** The oldest of one owner, at most `limit`; null if it is not time to look, or there are none. */
  next(limit: number): Promise<{ readonly owner: string; readonly entries: readonly Entry[] } | null>;
}

/** What {@link watchOrphans} is made of. */
export interface OrphansParts {
  /** Pages with the same name look after one another's. */
  readonly name: string;
  readonly owner: string;
  readonly store: OutboxStore;
  readonly locks: TabLocks | null;
  readonly clock: Clock;
  /** ms since the epoch. */
  readonly epoch: () => number;
  /** It is this page's turn to look after them. */
  readonly onTurn: () => void;
  readonly onDropped: (dropped: readonly DroppedEntry[]) => void;
}

/** s after the start before the store is looked through: playback goes first. */
const FIRST_LOOK = 3;
/** s between looks. */
const LOOK_INTERVAL = 30;
/** ms: where there are no locks, an owner that recorded nothing for so long is taken to be no more. */
const SILENCE = 60_000;

/**
 * Each page holds a lock in its own name as long as it lives, and one of them holds the lock of the drain: the browser frees both
 * however a page ends, so that the next in line takes over.
 */
export function watchOrphans(parts: OrphansParts): Orphans {
  const { name, owner, store, locks, clock, epoch } = parts;
  let ours = locks === null;
  let nextLook = clock.now() + FIRST_LOOK;
  let releases: readonly (() => void)[] = [];

  const isSilent = async (other: string): Promise<boolean> => {
    const newest = await store.newest(other);
    return newest !== null && newest < epoch() - SILENCE;
  };

  const find = async (): Promise<string | null> => {
    const others = (await store.owners()).filter((other) => other !== owner);
    const held = others.length === 0 ? null : await locks?.held();
    for (const other of others) {
      if (held ? !held.has(other) : await isSilent(other)) return other;
    }
    return null;
  };

  return {
    start() {
      if (locks === null || releases.length > 0) return;
      const onHeld = (): void => {
        ours = true;
        parts.onTurn();
      };
      releases = [locks.hold(owner, () => {}), locks.hold(`${name}/drain`, onHeld)];
    },
    stop() {
      for (const release of releases) release();
      releases = [];
      ours = locks === null;
    },
    get nextLook() {
      return ours ? nextLook : null;
    },
    async next(limit) {
      if (!ours || clock.now() < nextLook) return null;
      // Set first: a store that fails is not asked again at once.
      const now = nextLook;
      nextLook = clock.now() + LOOK_INTERVAL;
      parts.onDropped(await store.write(owner, [], []));
      const orphan = await find();
      const entries = orphan === null ? [] : await store.read(orphan, limit);
      if (orphan === null || entries.length === 0) return null;
      nextLook = now;
      return { owner: orphan, entries };
    },
  };
}
