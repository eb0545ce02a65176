import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { weighted } from '../../qoe/weighted.ts';
import type { EventStore } from '../event-store.ts';
import { overview } from '../overview.ts';
import { createProjector } from '../projector.ts';
import { madeLines, seededRandom } from './made-session.ts';
import { openSqlite } from './sqlite-driver.ts';
import { sqliteStore } from './sqlite-store.ts';

// Busy machines are slow; what is waited for ends by itself.
vi.setConfig({ testTimeout: 60_000 });

const NOW = Date.UTC(2026, 3, 14, 12, 30);
const folder = mkdtempSync(join(tmpdir(), 'sluice-sqlite-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const settle = async (store: EventStore): Promise<void> => {
  const projector = createProjector(store, weighted());
  while ((await projector.run(10)) > 0);
};
const answers = (store: EventStore) => overview(store, { from: NOW - 86_400_000, to: NOW + 3_600_000 }, {}, NOW);

/** Runs SQL on a file that nobody has open. */
async function change(file: string, sql: string): Promise<void> {
  const db = await openSqlite(file);
  db.exec(sql);
  db.close();
}

describe('a file of another schema', () => {
  it('of an older collector keeps its facts, and what is derived is made anew from them', async () => {
    const file = join(folder, 'older.db');
    const store = await sqliteStore({ file, durability: 'normal' });
    const random = seededRandom(5);
    for (let index = 0; index < 5; index += 1) {
      const facts = madeLines({
        sid: `s${index}`,
        startedAt: NOW - index * 4_000_000,
        random,
        length: 90,
        variant: 'a',
      });
      await store.append({ receivedAt: NOW, facts, losses: [] });
    }
    await settle(store);
    const before = await answers(store);
    const facts = (await store.session('s3'))?.facts;
    expect(before.total.sums.started).toBe(5);
    await store.close();
    await change(
      file,
      'PRAGMA user_version = 1; DROP TABLE rollup_counts; UPDATE rollups SET started = 99; DELETE FROM exposures',
    );

    const reopened = await sqliteStore({ file, durability: 'normal' });
    expect((await reopened.size()).changed).toBe(5);
    await settle(reopened);
    expect(await answers(reopened)).toEqual(before);
    expect((await reopened.session('s3'))?.facts).toEqual(facts);
    expect(await reopened.variants('start', { from: 0, to: NOW * 2 })).toMatchObject([{ variant: 'a', sessions: 5 }]);
    await reopened.close();
  });

  it('of a newer collector is not opened, and left to others', async () => {
    const file = join(folder, 'newer.db');
    await (await sqliteStore({ file })).close();
    await change(file, 'PRAGMA user_version = 99');
    await expect(sqliteStore({ file })).rejects.toThrow('the file has schema 99, this collector reads 2');
    await expect(sqliteStore({ file })).rejects.toThrow('schema 99');
  });
});

describe('facts', () => {
  it('are never changed, by whatever means', async () => {
    const file = join(folder, 'append-only.db');
    const store = await sqliteStore({ file });
    const [fact] = madeLines({ sid: 's', startedAt: NOW, random: seededRandom(1), length: 30 });
    await store.append({ receivedAt: NOW, facts: fact ? [fact] : [], losses: [] });
    await store.close();
    await expect(change(file, "UPDATE events SET fact = '{}'")).rejects.toThrow('facts are never changed');
  });
});
