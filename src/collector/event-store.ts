import type { PlaybackEvent } from '../media/playback-event.ts';
import type { BeaconLine, LossLine } from '../telemetry/beacon-format.ts';
import type { Contribution, SessionSummary } from './session-projection.ts';

/** What one request brings: lines as they were sent, and when the collector had all of them (ms since the epoch). */
export interface Batch {
  readonly receivedAt: number;
  readonly facts: readonly BeaconLine[];
  readonly losses: readonly LossLine[];
}

/** What became of a batch: facts that are new, and those whose (sid, seq) was held already. */
export interface Appended {
  readonly stored: number;
  readonly duplicates: number;
}

/** A fact as it is kept. `rate` and `tags` stand with the first line of a session, as the beacon had them. */
export interface StoredFact {
  readonly seq: number;
  readonly fact: PlaybackEvent;
  readonly rate?: number;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Everything the store holds of one session: facts ascending by seq, ranges told lost, first and last arrival (ms since the epoch). */
export interface StoredSession {
  readonly sid: string;
  readonly firstReceived: number;
  readonly lastReceived: number;
  readonly facts: readonly StoredFact[];
  readonly lost: readonly (readonly [first: number, last: number])[];
}

/**
 * A session that has facts (or losses) the projections have not seen: `low` is the lowest seq of them, `mark` names what
 * was known when the store said so.
 */
export interface ChangedSession {
  readonly sid: string;
  readonly low: number;
  readonly mark: number;
}

/** What is derived from a session; takes the place of what was derived before. */
export interface Projection {
  readonly summary: SessionSummary;
  readonly contributions: readonly Contribution[];
  /** The {@link ChangedSession.mark} it answers: the session stays changed if more came since. */
  readonly mark: number;
  /** The seq from which on facts are still to be folded; null when all up to the mark are. */
  readonly resume: number | null;
}

/** A stretch of time, ms since the epoch: `from` included, `to` not. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** What sessions and roll-ups are told apart by. */
export type Dimension = 'strategy' | 'engine' | 'host' | 'rendition';

/** Only what has these values. */
export type Filter = Readonly<Partial<Record<Dimension, string>>>;

/** Sums of a roll-up, one row a combination of what was grouped by; `time` (ms since the epoch) is the start of its bucket. */
export interface RollupRow {
  readonly time?: number;
  readonly strategy?: string;
  readonly engine?: string;
  readonly host?: string;
  readonly rendition?: string;
  readonly sums: Contribution['sums'];
}

/** How many sessions fell into a bucket of a measure; see `measures.ts` for the buckets. */
export interface CountRow {
  readonly strategy?: string;
  readonly engine?: string;
  readonly host?: string;
  readonly rendition?: string;
  readonly measure: string;
  readonly bucket: number;
  readonly count: number;
}

/** Which sums to ask for: `bucket` (ms, whole minutes) is the width of a row in time, null for the whole window in one. */
export interface RollupQuery extends Window {
  readonly bucket: number | null;
  readonly by: readonly Dimension[];
  readonly filter: Filter;
}

/** Which counts to ask for, of measures whose name begins with `measure`. */
export interface CountQuery extends Window {
  readonly measure: string;
  readonly by: readonly Dimension[];
  readonly filter: Filter;
}

/**
 * Which sessions to list: those that started within the window, by score (lowest first; without a score never), by start
 * (newest first), or those among `sids`.
 */
export interface SessionQuery extends Window {
  readonly order: 'worst' | 'newest';
  readonly limit: number;
  readonly filter: Filter;
  readonly sids?: readonly string[];
}

/** Sessions of one variant of an experiment: number, sum and sum of squares of a metric over those that have it. */
export interface VariantSums {
  readonly variant: string;
  readonly sessions: number;
  readonly metrics: Readonly<Record<string, { readonly n: number; readonly sum: number; readonly squares: number }>>;
}

/** What a store holds. */
export interface StoreSize {
  readonly sessions: number;
  readonly facts: number;
  /** Sessions whose projections are behind. */
  readonly changed: number;
}

/**
 * Where facts are kept: append-only, one row a fact, keyed by (sid, seq). Projections are derived from the facts by the
 * collector and only kept here; they can be thrown away and made again.
 */
export interface EventStore {
  /** What it is, for a person: `SQLite (node-sqlite3-wasm)`. */
  readonly name: string;
  /**
   * Keeps what is new of a batch, all of it or nothing. Resolved only when it would survive the death of the process.
   *
   * @throws whatever keeps it from being kept: nothing of the batch is then there
   */
  append(batch: Batch): Promise<Appended>;
  /** Facts waiting for `append` to be done with them. */
  readonly pending: number;
  /** Sessions whose projections are behind, longest waiting first. */
  changed(limit: number): Promise<readonly ChangedSession[]>;
  /** One session as it was received, or null: at most `limit` facts, those from `fromSeq` on; all if not told. */
  session(sid: string, fromSeq?: number, limit?: number): Promise<StoredSession | null>;
  /** Keeps projections, in the place of what was there for these sessions. */
  project(projections: readonly Projection[]): Promise<void>;
  /** Throws all projections away; every session is changed then. */
  forgetProjections(): Promise<void>;
  /** Removes sessions of which nothing came since `before` (ms since the epoch), at most `limit`; returns how many. */
  expire(before: number, limit: number): Promise<number>;
  summary(sid: string): Promise<SessionSummary | null>;
  sessions(query: SessionQuery): Promise<readonly SessionSummary[]>;
  /** Sessions not ended that said something since `since` (ms since the epoch). */
  live(since: number, filter: Filter): Promise<number>;
  rollup(query: RollupQuery): Promise<readonly RollupRow[]>;
  counts(query: CountQuery): Promise<readonly CountRow[]>;
  /** Names of experiments that sessions of the window were exposed to, and sums of their variants. */
  experiments(window: Window): Promise<readonly string[]>;
  variants(experiment: string, window: Window): Promise<readonly VariantSums[]>;
  size(): Promise<StoreSize>;
  close(): Promise<void>;
}
