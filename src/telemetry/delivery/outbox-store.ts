import type { Entry, EntryKey } from './entry.ts';

/** An entry that a cap threw out of the store: too many or too large (`store`), or older than the store keeps (`age`). */
export interface DroppedEntry extends EntryKey {
  readonly owner: string;
  readonly reason: 'store' | 'age';
}

/** What a store may hold, of all pages of the origin together. `maxAge` is s. */
export interface StoreLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
  readonly maxAge: number;
}

/**
 * Where entries wait that memory cannot or must not hold: they outlive the page. `owner` names the page that recorded them, so
 * that pages neither send what another still will, nor forget what nobody will.
 */
export interface OutboxStore {
  /**
   * Adds and removes in one step, then holds to the limits: the lowest rank goes first, oldest before newest. Everything is asked of the store before this returns, so it is safe as the last act of a page. With nothing to
   * add or remove it only holds to the limits.
   *
   * @returns what the limits threw out
   */
  write(owner: string, add: readonly Entry[], remove: readonly EntryKey[]): Promise<readonly DroppedEntry[]>;
  /** The oldest entries of an owner, at most `limit`. */
  read(owner: string, limit: number): Promise<readonly Entry[]>;
  /** Who has entries here. */
  owners(): Promise<readonly string[]>;
  /** When the newest entry of an owner was recorded, ms since the epoch; null if there is none. */
  newest(owner: string): Promise<number | null>;
  /** Forgets everything, of every owner. */
  clear(): Promise<void>;
  /** Lets go of the connection (it would keep the page out of the back/forward cache); the next call opens it again. */
  close(): void;
}
