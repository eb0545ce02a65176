import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Appended, Batch, EventStore, StoredFact } from '../event-store.ts';
import { ownFile } from './file-owner.ts';
import { openSqlite, type Sqlite, type SqliteBinding, type SqliteRow } from './sqlite-driver.ts';
import { sqliteIngest } from './sqlite-ingest.ts';
import { sqliteProjections } from './sqlite-projections.ts';
import { sqliteQueries } from './sqlite-queries.ts';
import { CHANGE_ALL, DERIVED, DERIVED_TABLES, FACT_TABLES, SCHEMA_VERSION } from './sqlite-schema.ts';

/** Facts written in one transaction at most; more wait for the next. */
const COMMIT_AT_ONCE = 10_000;

/** How a store in SQLite is opened. */
export interface SqliteStoreOptions {
  /** The database file; made, with its folder, if it is not there. */
  readonly file: string;
  /** Which SQLite; the best there is if not told. */
  readonly binding?: SqliteBinding;
  /**
   * What an acknowledged fact survives: `full` (the default) waits for the disk and survives loss of power, `normal`
   * only the death of the process, several times as fast in small batches.
   */
  readonly durability?: 'full' | 'normal';
}

function prepare(db: Sqlite, durability: 'full' | 'normal'): void {
  db.exec('PRAGMA journal_mode = WAL');
  db.exec(`PRAGMA synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`);
  db.exec('PRAGMA cache_size = -65536');
  db.exec('PRAGMA temp_store = MEMORY');
  const version = Number(db.prepare('PRAGMA user_version').all()[0]?.user_version);
  if (version === 0) transaction(db, () => db.exec(FACT_TABLES + DERIVED_TABLES));
  else if (version < SCHEMA_VERSION) transaction(db, () => deriveAnew(db));
  else if (version !== SCHEMA_VERSION)
    throw new Error(`the file has schema ${version}, this collector reads ${SCHEMA_VERSION}`);
}

/** Throws away what an older collector derived; all of it is derived again from the facts. */
function deriveAnew(db: Sqlite): void {
  for (const table of DERIVED) db.exec(`DROP TABLE IF EXISTS ${table}`);
  db.exec(DERIVED_TABLES + CHANGE_ALL);
}

function transaction<T>(db: Sqlite, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (failure) {
    try {
      db.exec('ROLLBACK');
    } catch {
      // SQLite has rolled back itself: a full disk makes it.
    }
    throw failure;
  }
}

function storedFact({ seq, fact, about }: SqliteRow): StoredFact {
  const stored = { seq: Number(seq), fact: JSON.parse(String(fact)) };
  return about === null || about === undefined ? stored : { ...stored, ...JSON.parse(String(about)) };
}

interface Waiting {
  readonly batch: Batch;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (failure: unknown) => void;
}

/**
 * A store in one SQLite file, owned by this process. Batches that come in while others are being read are committed
 * together: one wait for the disk serves all of them, and each is answered only after it.
 *
 * @throws Error if the file is owned by another process, has another schema or cannot be opened
 */
export async function sqliteStore(options: SqliteStoreOptions): Promise<EventStore> {
  const file = resolve(options.file);
  mkdirSync(dirname(file), { recursive: true });
  const disown = ownFile(file);
  let db: Sqlite;
  try {
    db = await openSqlite(file, options.binding);
    prepare(db, options.durability ?? 'full');
  } catch (failure) {
    disown();
    throw failure;
  }
  const durability = options.durability === 'normal' ? 'NORMAL' : 'FULL';
  const ingest = sqliteIngest(db);
  const projections = sqliteProjections(db);
  const queries = sqliteQueries(db);
  const changedRows = db.prepare('SELECT session FROM changes ORDER BY id LIMIT ?');
  const changeOf = db.prepare(
    'SELECT sid, max(changes.id) AS mark, min(low) AS low FROM changes JOIN sessions ON sessions.id = session WHERE session = ?',
  );
  const countChanged = db.prepare('SELECT count(DISTINCT session) AS n FROM changes');
  const totals = db.prepare('SELECT facts, sessions FROM totals');
  const sessionRow = db.prepare('SELECT * FROM sessions WHERE sid = ?');
  const eventRows = db.prepare(
    'SELECT seq, fact, about FROM events WHERE session = ? AND seq >= ? ORDER BY seq LIMIT ?',
  );
  const lossRows = db.prepare('SELECT first, last FROM losses WHERE session = ? ORDER BY first, last');
  const oldRows = db.prepare('SELECT id FROM sessions WHERE last_received < ? ORDER BY last_received LIMIT ?');
  const dropEvents = db.prepare('DELETE FROM events WHERE session = ?');
  const dropLosses = db.prepare('DELETE FROM losses WHERE session = ?');
  const dropSession = db.prepare('DELETE FROM sessions WHERE id = ?');
  const uncount = db.prepare('UPDATE totals SET facts = facts - ?, sessions = sessions - 1');

  let waiting: Waiting[] = [];
  let pending = 0;
  let scheduled = false;
  let closed = false;

  const write = <T>(work: () => T): T => {
    try {
      return transaction(db, work);
    } catch (failure) {
      ingest.forget();
      projections.forget();
      throw failure;
    }
  };

  /** As many of the waiting as go into one transaction, in the order in which they came. */
  const take = (): Waiting[] => {
    let facts = 0;
    const end = waiting.findIndex(({ batch }) => {
      facts += batch.facts.length + batch.losses.length;
      return facts > COMMIT_AT_ONCE;
    });
    const taken = end < 0 ? waiting : waiting.slice(0, Math.max(end, 1));
    waiting = waiting.slice(taken.length);
    return taken;
  };

  const append = (taken: readonly Waiting[]): void => {
    const appended = write(() => taken.map(({ batch }) => ingest.append(batch)));
    for (const [index, { resolve: done }] of taken.entries()) done(appended[index] ?? { stored: 0, duplicates: 0 });
  };

  /** What cannot be written must not keep others from being written: after a failure each batch has a transaction of its own. */
  const appendAlone = (one: Waiting): void => {
    try {
      append([one]);
    } catch (failure) {
      one.reject(failure);
    }
  };

  const commit = (): void => {
    scheduled = false;
    const taken = take();
    if (taken.length === 0) return;
    try {
      append(taken);
    } catch (failure) {
      if (taken.length > 1) taken.forEach(appendAlone);
      else taken[0]?.reject(failure);
    }
    for (const { batch } of taken) pending -= batch.facts.length;
    if (waiting.length > 0) schedule();
  };

  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(commit);
  };

  const removeSession = (session: number): void => {
    projections.remove(session);
    const facts = dropEvents.run(session);
    dropLosses.run(session);
    dropSession.run(session);
    uncount.run(facts);
  };

  return {
    name: `SQLite (${db.binding})`,
    get pending() {
      return pending;
    },
    append(batch) {
      if (closed) return Promise.reject(new Error('the store is closed'));
      pending += batch.facts.length;
      return new Promise((done, reject) => {
        waiting.push({ batch, resolve: done, reject });
        schedule();
      });
    },
    async changed(limit) {
      const sessions = new Set(changedRows.all(limit * 20).map(({ session }) => Number(session)));
      return [...sessions].slice(0, limit).flatMap((session) => {
        const [row] = changeOf.all(session);
        return row?.sid ? [{ sid: String(row.sid), low: Number(row.low), mark: Number(row.mark) }] : [];
      });
    },
    async session(sid, fromSeq = 0, limit = Number.MAX_SAFE_INTEGER) {
      const [row] = sessionRow.all(sid);
      if (!row) return null;
      const id = Number(row.id);
      return {
        sid,
        firstReceived: Number(row.first_received),
        lastReceived: Number(row.last_received),
        facts: eventRows.all(id, fromSeq, limit).map(storedFact),
        lost: lossRows.all(id).map(({ first, last }) => [Number(first), Number(last)] as const),
      };
    },
    async project(made) {
      // What is derived can be derived again, and the next commit of facts makes it durable anyway: no waiting for the disk.
      db.exec('PRAGMA synchronous = NORMAL');
      try {
        write(() => projections.keep(made));
      } finally {
        db.exec(`PRAGMA synchronous = ${durability}`);
      }
    },
    async forgetProjections() {
      projections.forget();
      write(() => {
        for (const table of DERIVED) db.exec(`DELETE FROM ${table}`);
        db.exec(CHANGE_ALL);
      });
    },
    async expire(before, limit) {
      return write(() => {
        const old = oldRows.all(before, limit).map(({ id }) => Number(id));
        for (const session of old) removeSession(session);
        if (old.length > 0) ingest.forget();
        return old.length;
      });
    },
    summary: async (sid) => queries.summary(sid),
    sessions: async (query) => queries.sessions(query),
    live: async (since, filter) => queries.live(since, filter),
    rollup: async (query) => queries.rollup(query),
    counts: async (query) => queries.counts(query),
    experiments: async (window) => queries.experiments(window),
    variants: async (experiment, window) => queries.variants(experiment, window),
    async size() {
      const [row] = totals.all();
      return {
        sessions: Number(row?.sessions),
        facts: Number(row?.facts),
        changed: Number(countChanged.all()[0]?.n),
      };
    },
    async close() {
      if (closed) return;
      closed = true;
      // What was taken is written: its senders are waiting for the answer.
      while (waiting.length > 0) commit();
      db.close();
      disown();
    },
  };
}
