import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { describe, expect, it } from 'vitest';
import type { Entry, Rank } from './entry.ts';
import { bytesOf } from './entry.ts';
import { indexedDbStore } from './indexed-db-store.ts';
import { memoryStore } from './memory-store.ts';
import type { OutboxStore, StoreLimits } from './outbox-store.ts';

const entry = (seq: number, rank: Rank = 1, recordedAt = 1000 + seq, stream = 's'): Entry => ({
  stream,
  seq,
  text: `line ${String(seq).padStart(4, '0')}`,
  rank,
  recordedAt,
});

const WIDE: StoreLimits = { maxEntries: 100, maxBytes: 1e6, maxAge: 3600 };

const STORES: readonly (readonly [string, (epoch: () => number, limits: StoreLimits) => OutboxStore])[] = [
  ['IndexedDB', (epoch, limits) => indexedDbStore(new IDBFactory(), 'test', epoch, limits)],
  ['memory', memoryStore],
];

describe.each(STORES)('a store in %s', (_, make) => {
  const at = (limits: Partial<StoreLimits> = {}, epoch = () => 10_000): OutboxStore =>
    make(epoch, { ...WIDE, ...limits });

  it('gives back what an owner put in, oldest first, and only theirs', async () => {
    const store = at();
    await store.write('a', [entry(2), entry(0), entry(1)], []);
    await store.write('b', [entry(0, 1, 5, 'other')], []);
    expect(await store.read('a', 10)).toEqual([entry(0), entry(1), entry(2)]);
    expect(await store.read('a', 2)).toEqual([entry(0), entry(1)]);
    expect(await store.read('nobody', 2)).toEqual([]);
    expect(await store.owners()).toEqual(['a', 'b']);
    expect(await store.newest('a')).toBe(1002);
    expect(await store.newest('nobody')).toBeNull();
  });

  it('forgets exactly what it is told to, of whatever streams', async () => {
    const store = at();
    await store.write(
      'a',
      [0, 1, 2, 3, 5, 7, -4].map((seq) => entry(seq)),
      [],
    );
    await store.write('a', [entry(1, 1, 1, 'other')], []);
    await store.write('a', [], [entry(1), entry(2), entry(7), entry(-4)]);
    const left = await store.read('a', 10);
    expect(left.map(({ stream, seq }) => `${stream}${seq}`)).toEqual(['other1', 's0', 's3', 's5']);
  });

  it('takes the same entry twice as one', async () => {
    const store = at();
    await store.write('a', [entry(1)], []);
    await store.write('a', [entry(1)], []);
    expect(await store.read('a', 10)).toHaveLength(1);
  });

  it('throws out the cheapest and of those the oldest when there are too many', async () => {
    const store = at({ maxEntries: 3 });
    const dropped = await store.write('a', [entry(0, 3), entry(1, 0), entry(2, 1), entry(3, 0), entry(4, 1)], []);
    expect(dropped).toEqual([
      { stream: 's', seq: 1, owner: 'a', reason: 'store' },
      { stream: 's', seq: 3, owner: 'a', reason: 'store' },
    ]);
    expect((await store.read('a', 10)).map(({ seq }) => seq)).toEqual([0, 2, 4]);
  });

  it('throws out what makes it too large, whoever put it in', async () => {
    const each = bytesOf(entry(0));
    const store = at({ maxBytes: 3 * each });
    expect(await store.write('a', [entry(0), entry(1)], [])).toEqual([]);
    const dropped = await store.write('b', [entry(2, 2), entry(3, 2)], []);
    expect(dropped).toEqual([{ stream: 's', seq: 0, owner: 'a', reason: 'store' }]);
  });

  it('lets room be used again when entries were taken out', async () => {
    const store = at({ maxBytes: 2 * bytesOf(entry(0)) });
    for (let seq = 0; seq < 20; seq += 1) {
      expect(await store.write('a', [entry(seq)], [])).toEqual([]);
      await store.write('a', [], [entry(seq)]);
    }
  });

  it('throws out what is too old, at the next write and at an empty one', async () => {
    let now = 10_000;
    const store = at({ maxAge: 5 }, () => now);
    await store.write('a', [entry(0, 3, 9_000), entry(1, 3, 10_000)], []);
    now = 14_500;
    expect(await store.write('b', [], [])).toEqual([{ stream: 's', seq: 0, owner: 'a', reason: 'age' }]);
    now = 15_500;
    const dropped = await store.write('a', [entry(2, 0, 15_500)], []);
    expect(dropped).toEqual([{ stream: 's', seq: 1, owner: 'a', reason: 'age' }]);
  });

  it('is empty after clear, and usable after close', async () => {
    const store = at();
    await store.write('a', [entry(0)], []);
    store.close();
    await store.write('a', [entry(1)], []);
    expect(await store.read('a', 10)).toHaveLength(2);
    await store.clear();
    store.close();
    expect(await store.owners()).toEqual([]);
  });
});

describe('the store in IndexedDB', () => {
  it('is shared by the pages of an origin and outlives them', async () => {
    const factory = new IDBFactory();
    const first = indexedDbStore(factory, 'test', () => 0);
    await first.write('a', [entry(0)], []);
    first.close();
    const second = indexedDbStore(factory, 'test', () => 0);
    expect(await second.read('a', 10)).toEqual([entry(0)]);
  });

  it('asks for a whole write before it returns once it is open, so that a page that goes loses nothing', async () => {
    const factory = new IDBFactory();
    const store = indexedDbStore(factory, 'test', () => 0);
    await store.owners();
    void store.write('a', [entry(0), entry(1)], []);
    store.close();
    expect(await indexedDbStore(factory, 'test', () => 0).read('a', 10)).toHaveLength(2);
  });

  it('rejects when the browser refuses, and tries again when asked again', async () => {
    const factory = new IDBFactory();
    let refuse = true;
    const moody = new Proxy(factory, {
      get: (target, name) =>
        name !== 'open'
          ? Reflect.get(target, name)
          : (...args: [string, number]) => {
              if (refuse) throw new DOMException('denied', 'SecurityError');
              return target.open(...args);
            },
    });
    const store = indexedDbStore(moody, 'test', () => 0);
    await expect(store.write('a', [entry(0)], [])).rejects.toThrow('denied');
    refuse = false;
    await store.write('a', [entry(0)], []);
    expect(await store.read('a', 1)).toHaveLength(1);
  });
});
