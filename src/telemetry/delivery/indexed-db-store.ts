import { bytesOf, type Entry, type EntryKey } from './entry.ts';
import type { DroppedEntry, OutboxStore, StoreLimits } from './outbox-store.ts';

/** 5 000 facts are half an hour of playback offline; older than two days they explain nothing that can still be mended. */
export const STORE_LIMITS: StoreLimits = { maxEntries: 5_000, maxBytes: 2 * 1024 * 1024, maxAge: 48 * 3600 };

interface StoredEntry extends Entry {
  readonly owner: string;
  readonly bytes: number;
}

const ENTRIES = 'entries';

const answer = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const completion = (transaction: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new DOMException('transaction aborted', 'AbortError'));
  });

function open(factory: IDBFactory, name: string): Promise<IDBDatabase> {
  const request = factory.open(name, 1);
  request.onupgradeneeded = () => {
    const entries = request.result.createObjectStore(ENTRIES, { keyPath: ['stream', 'seq'] });
    entries.createIndex('byOwner', ['owner', 'recordedAt']);
    // Sizes are in the key, so that they can be summed without reading a single line.
    entries.createIndex('byRank', ['rank', 'recordedAt', 'bytes']);
    entries.createIndex('byTime', 'recordedAt');
  };
  return answer(request);
}

/** Everything of one owner, oldest first: in the order of keys, a list is above every number. */
const allOf = (owner: string): IDBKeyRange => IDBKeyRange.bound([owner], [owner, []]);

/** Keys as ranges: what arrives is mostly one run of numbers, and one range is one request. */
function toRanges(keys: readonly EntryKey[]): IDBKeyRange[] {
  const sorted = [...keys].sort((a, b) => (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : a.seq - b.seq));
  const runs: { readonly stream: string; readonly first: number; last: number }[] = [];
  for (const { stream, seq } of sorted) {
    const run = runs.at(-1);
    if (run !== undefined && run.stream === stream && seq <= run.last + 1) run.last = seq;
    else runs.push({ stream, first: seq, last: seq });
  }
  return runs.map(({ stream, first, last }) => IDBKeyRange.bound([stream, first], [stream, last]));
}

/** Walks an index of values and deletes while `more` says so; what it deleted, in that order. */
function deleteAlong(
  index: IDBIndex,
  range: IDBKeyRange | null,
  more: (bytes: number) => boolean,
): Promise<StoredEntry[]> {
  const deleted: StoredEntry[] = [];
  const request = index.openCursor(range);
  return new Promise((resolve, reject) => {
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const cursor = request.result;
      const entry = cursor?.value as StoredEntry | undefined;
      if (!cursor || entry === undefined || !more(entry.bytes)) return resolve(deleted);
      deleted.push(entry);
      cursor.delete();
      cursor.continue();
    };
  });
}

/** Bytes of everything held, read off the index. */
function measure(index: IDBIndex): Promise<number> {
  let bytes = 0;
  const request = index.openKeyCursor();
  return new Promise((resolve, reject) => {
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const cursor = request.result;
      if (!cursor) return resolve(bytes);
      bytes += (cursor.key as [number, number, number])[2];
      cursor.continue();
    };
  });
}

const droppedFor =
  (reason: DroppedEntry['reason']) =>
  ({ stream, seq, owner }: StoredEntry): DroppedEntry => ({
    stream,
    seq,
    owner,
    reason,
  });

/**
 * A store in IndexedDB, shared by all pages of the origin. A write asks for everything at once and commits without waiting for
 * an answer, so it outlives a page that asks for it last; holding to the limits is a second transaction, made when what this page
 * added could have passed them. They hold to within a fiftieth, and what other pages add until they look themselves.
 *
 * @param epoch  ms since the epoch, for the age
 */
export function indexedDbStore(
  factory: IDBFactory,
  name: string,
  epoch: () => number,
  limits: StoreLimits = STORE_LIMITS,
): OutboxStore {
  let database: IDBDatabase | null = null;
  let opening: Promise<IDBDatabase> | null = null;
  /** Bytes held as far as this page knows; null before they were counted. */
  let known: number | null = null;
  /** Entries added since the limits were last looked at, and when that was, ms. */
  let added = 0;
  let lookedAt = 0;

  const close = (): void => {
    database?.close();
    database = null;
    opening = null;
  };

  const connect = async (): Promise<IDBDatabase> => {
    opening ??= open(factory, name);
    const own = opening;
    try {
      const connection = await own;
      if (opening === own) database = connection;
      connection.onversionchange = close;
      connection.onclose = close;
      return connection;
    } catch (failure) {
      if (opening === own) opening = null;
      throw failure;
    }
  };

  const connectFor = async <T>(work: (connection: IDBDatabase) => Promise<T>): Promise<T> => {
    const connection = await connect();
    try {
      return await work(connection);
    } finally {
      // Closed by its owner while it opened.
      if (connection !== database) connection.close();
    }
  };

  /** With the connection, without a detour if it is open: at exit there is no later. */
  const using = <T>(work: (connection: IDBDatabase) => Promise<T>): Promise<T> =>
    database === null ? connectFor(work) : work(database);

  const writeEntries = (
    connection: IDBDatabase,
    owner: string,
    add: readonly Entry[],
    remove: readonly EntryKey[],
  ): Promise<void> => {
    const transaction = connection.transaction(ENTRIES, 'readwrite', { durability: 'relaxed' });
    const finished = completion(transaction);
    const entries = transaction.objectStore(ENTRIES);
    for (const range of toRanges(remove)) entries.delete(range);
    for (const entry of add) {
      const bytes = bytesOf(entry);
      entries.put({ ...entry, owner, bytes } satisfies StoredEntry);
      added += 1;
      if (known !== null) known += bytes;
    }
    transaction.commit?.();
    return finished;
  };

  /** Whether the limits could be passed by now. A look costs a transaction; a fiftieth of what is allowed may be held besides. */
  const mayBeOver = (): boolean =>
    known === null ||
    known > limits.maxBytes ||
    added >= limits.maxEntries / 50 ||
    epoch() - lookedAt > (limits.maxAge * 1000) / 50;

  const trim = async (connection: IDBDatabase): Promise<readonly DroppedEntry[]> => {
    const transaction = connection.transaction(ENTRIES, 'readwrite', { durability: 'relaxed' });
    const finished = completion(transaction);
    const entries = transaction.objectStore(ENTRIES);
    const tooOld = IDBKeyRange.upperBound(epoch() - limits.maxAge * 1000, true);
    const expired = await deleteAlong(entries.index('byTime'), tooOld, () => true);
    let count = await answer(entries.count());
    let bytes = known !== null && known <= limits.maxBytes ? known : await measure(entries.index('byRank'));
    const cheap =
      count <= limits.maxEntries && bytes <= limits.maxBytes
        ? []
        : await deleteAlong(entries.index('byRank'), null, (size) => {
            if (count <= limits.maxEntries && bytes <= limits.maxBytes) return false;
            count -= 1;
            bytes -= size;
            return true;
          });
    await finished;
    known = bytes;
    added = 0;
    lookedAt = epoch();
    return [...expired.map(droppedFor('age')), ...cheap.map(droppedFor('store'))];
  };

  return {
    write: (owner, add, remove) =>
      using(async (connection) => {
        await writeEntries(connection, owner, add, remove);
        const look = add.length > 0 ? mayBeOver() : remove.length === 0;
        // Closed meanwhile: the page is going, and the next write looks.
        return look && connection === database ? trim(connection) : [];
      }),
    read: (owner, limit) =>
      using(async (connection) => {
        const index = connection.transaction(ENTRIES).objectStore(ENTRIES).index('byOwner');
        const found = (await answer(index.getAll(allOf(owner), limit))) as readonly StoredEntry[];
        return found.map(({ stream, seq, text, rank, recordedAt }) => ({ stream, seq, text, rank, recordedAt }));
      }),
    owners: () =>
      using(async (connection) => ownersIn(connection.transaction(ENTRIES).objectStore(ENTRIES).index('byOwner'))),
    newest: (owner) =>
      using(async (connection) => {
        const index = connection.transaction(ENTRIES).objectStore(ENTRIES).index('byOwner');
        const cursor = await answer(index.openKeyCursor(allOf(owner), 'prev'));
        return cursor === null ? null : (cursor.key as [string, number])[1];
      }),
    clear: () =>
      using(async (connection) => {
        const transaction = connection.transaction(ENTRIES, 'readwrite');
        transaction.objectStore(ENTRIES).clear();
        await completion(transaction);
        known = 0;
      }),
    close,
  };
}

/** The owners in an index of [owner, time], skipping from one to the next. */
function ownersIn(index: IDBIndex): Promise<string[]> {
  const owners: string[] = [];
  const request = index.openKeyCursor();
  return new Promise((resolve, reject) => {
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const cursor = request.result;
      if (!cursor) return resolve(owners);
      const [owner] = cursor.key as [string, number];
      owners.push(owner);
      cursor.continue([owner, []]);
    };
  });
}
