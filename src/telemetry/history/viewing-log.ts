import type { ViewingEvent } from './viewing.ts';

/** Where viewing events are kept, in the order they were told, by all pages of the origin together. Append-only, but for what is too old. */
export interface ViewingLog {
  /** Everything is asked of the store before this returns, so it may be the last act of a page. */
  append(event: ViewingEvent): Promise<void>;
  /** Events since then (ms since the epoch), in order; of one content, if it is named. */
  read(since: number, content?: string): Promise<readonly ViewingEvent[]>;
  /** Forgets one content, or everything. */
  forget(content?: string): Promise<void>;
  close(): void;
}

/** How long and how much is kept: `maxAge` is s. */
export interface ViewingLogLimits {
  readonly maxAge: number;
  readonly maxEvents: number;
}

/** 90 days, and as many events as two hours a day make in them. */
export const VIEWING_LOG_LIMITS: ViewingLogLimits = { maxAge: 90 * 86_400, maxEvents: 65_000 };

const EVENTS = 'events';
/** Writes between looks for what is too old. */
const PRUNE_EVERY = 100;

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
    // The key is the number of the event: given by the store, ascending over all pages.
    const events = request.result.createObjectStore(EVENTS, { autoIncrement: true });
    events.createIndex('byTime', 'at');
    events.createIndex('byContent', ['content', 'at']);
  };
  return answer(request);
}

/**
 * A viewing log in IndexedDB.
 *
 * @param epoch  ms since the epoch, for the age
 */
export function indexedDbViewingLog(
  factory: IDBFactory,
  name: string,
  epoch: () => number,
  limits: ViewingLogLimits = VIEWING_LOG_LIMITS,
): ViewingLog {
  let database: IDBDatabase | null = null;
  let opening: Promise<IDBDatabase> | null = null;
  let writes = 0;

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

  const using = <T>(work: (connection: IDBDatabase) => Promise<T>): Promise<T> =>
    database === null ? connect().then(work) : work(database);

  const prune = async (connection: IDBDatabase): Promise<void> => {
    const transaction = connection.transaction(EVENTS, 'readwrite');
    const finished = completion(transaction);
    const events = transaction.objectStore(EVENTS);
    const oldest = IDBKeyRange.upperBound(epoch() - limits.maxAge * 1000, true);
    for (const key of await answer(events.index('byTime').getAllKeys(oldest))) events.delete(key);
    const surplus = (await answer(events.count())) - limits.maxEvents;
    if (surplus > 0) for (const key of await answer(events.getAllKeys(null, surplus))) events.delete(key);
    await finished;
  };

  return {
    append: (event) =>
      using(async (connection) => {
        const transaction = connection.transaction(EVENTS, 'readwrite');
        const finished = completion(transaction);
        transaction.objectStore(EVENTS).add(event);
        transaction.commit?.();
        await finished;
        writes += 1;
        if (writes % PRUNE_EVERY === 1 && connection === database) await prune(connection);
      }),
    read: (since, content) =>
      using(async (connection) => {
        const events = connection.transaction(EVENTS).objectStore(EVENTS);
        const found =
          content === undefined
            ? events.index('byTime').getAll(IDBKeyRange.lowerBound(since))
            : events.index('byContent').getAll(IDBKeyRange.bound([content, since], [content, []]));
        return (await answer(found)) as readonly ViewingEvent[];
      }),
    forget: (content) =>
      using(async (connection) => {
        const transaction = connection.transaction(EVENTS, 'readwrite');
        const finished = completion(transaction);
        const events = transaction.objectStore(EVENTS);
        if (content === undefined) events.clear();
        else {
          const range = IDBKeyRange.bound([content], [content, []]);
          for (const key of await answer(events.index('byContent').getAllKeys(range))) events.delete(key);
        }
        await finished;
      }),
    close,
  };
}
