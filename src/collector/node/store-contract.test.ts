import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { weighted } from '../../qoe/weighted.ts';
import type { BeaconLine } from '../../telemetry/beacon-format.ts';
import { clickHouseStore } from '../clickhouse-store.ts';
import type { EventStore, Window } from '../event-store.ts';
import { memoryStore } from '../memory-store.ts';
import { createProjector } from '../projector.ts';
import { chdbServer, hasChdb } from './chdb-server.ts';
import { madeLines, seededRandom } from './made-session.ts';
import { hasSqlite, SQLITE_BINDINGS } from './sqlite-driver.ts';
import { sqliteStore } from './sqlite-store.ts';

// Busy machines are slow; what is waited for ends by itself.
vi.setConfig({ testTimeout: 60_000 });

const NOW = Date.UTC(2026, 3, 14, 12, 30);
const ALL: Window = { from: NOW - 86_400_000, to: NOW + 86_400_000 };
const folder = mkdtempSync(join(tmpdir(), 'sluice-store-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const nextFile = (): string => {
  files += 1;
  return join(folder, `${files}.db`);
};

const session = (sid: string, seed: number, startedAt = NOW, length = 60): BeaconLine[] =>
  madeLines({ sid, startedAt, random: seededRandom(seed), length, variant: seed % 2 ? 'a' : 'b' });

const settle = async (store: EventStore): Promise<void> => {
  const projector = createProjector(store, weighted());
  while ((await projector.run(10)) > 0);
};

/** Everything that can be asked, in an order that does not depend on the store. */
async function everything(store: EventStore): Promise<unknown> {
  const sorted = <T>(rows: readonly T[]): string[] => rows.map((row) => JSON.stringify(row)).sort();
  const by = ['strategy', 'engine', 'host', 'rendition'] as const;
  const odd: Window = { from: NOW - 20 * 60_000, to: NOW + 3 * 3_600_000 + 7 * 60_000 };
  return {
    newest: await store.sessions({ ...ALL, order: 'newest', limit: 100, filter: {} }),
    worst: await store.sessions({ ...ALL, order: 'worst', limit: 4, filter: {} }),
    hls: await store.sessions({ ...ALL, order: 'worst', limit: 9, filter: { engine: 'hls' } }),
    some: await store.sessions({ ...ALL, order: 'newest', limit: 9, filter: {}, sids: ['s1', 's3', "s'"] }),
    live: await store.live(NOW, {}),
    rollup: sorted(await store.rollup({ ...ALL, bucket: null, by, filter: {} })),
    odd: sorted(await store.rollup({ ...odd, bucket: null, by: ['engine'], filter: {} })),
    minutes: sorted(await store.rollup({ ...odd, bucket: 5 * 60_000, by: [], filter: {} })),
    hours: sorted(await store.rollup({ ...odd, bucket: 3_600_000, by: [], filter: { strategy: 'bola' } })),
    counts: sorted(await store.counts({ ...odd, measure: '', by: ['strategy', 'engine'], filter: {} })),
    errors: sorted(await store.counts({ ...ALL, measure: 'error:', by: [], filter: {} })),
    experiments: await store.experiments(ALL),
    variants: (await store.variants('start', ALL)).map((variant) => ({
      ...variant,
      // Sums of floating-point numbers depend on their order in the last places.
      metrics: Object.fromEntries(
        Object.entries(variant.metrics).map(([name, { n, sum, squares }]) => [
          name,
          [n, sum.toFixed(6), squares.toFixed(6)],
        ]),
      ),
    })),
    size: await store.size(),
  };
}

const bindings = await Promise.all(
  SQLITE_BINDINGS.map(async (binding) => ({ binding, there: await hasSqlite(binding) })),
);
const chdb = (await hasChdb()) ? await chdbServer(join(folder, 'chdb')) : null;
afterAll(() => chdb?.close());

const stores: { name: string; there: boolean; open: () => Promise<EventStore> }[] = [
  { name: 'memory', there: true, open: async () => memoryStore() },
  ...bindings.map(({ binding, there }) => ({
    name: binding,
    there,
    open: () => sqliteStore({ file: nextFile(), binding, durability: 'normal' }),
  })),
  {
    name: 'ClickHouse over HTTP, by chdb',
    there: chdb !== null,
    open: () => {
      files += 1;
      // Facts of the tests are of a time that is past; ClickHouse itself must not drop them.
      return clickHouseStore({ url: chdb?.url ?? '', database: `sluice_${files}`, settle: 0, retentionDays: 100_000 });
    },
  },
];

for (const { name, there, open } of stores) {
  describe.skipIf(!there)(`a store (${name}${there ? '' : ': not installed here'})`, () => {
    it('keeps each fact once, however often and in whatever order it comes', async () => {
      const store = await open();
      const lines = session('s1', 1);
      const half = Math.floor(lines.length / 2);
      const late = { receivedAt: NOW + 5, facts: lines.slice(half), losses: [] };
      expect(await store.append(late)).toEqual({ stored: lines.length - half, duplicates: 0 });
      const all = await store.append({ receivedAt: NOW + 9, facts: lines, losses: [] });
      expect(all).toEqual({ stored: half, duplicates: lines.length - half });
      const kept = await store.session('s1');
      expect(kept).toMatchObject({ sid: 's1', firstReceived: NOW + 5, lastReceived: NOW + 9, lost: [] });
      expect(kept?.facts).toEqual(lines.map(({ sid: _, ...rest }) => rest));
      expect(await store.session('s1', lines.length - 2, 1)).toMatchObject({ facts: [{ seq: lines.length - 2 }] });
      expect(await store.session('s2')).toBeNull();
      expect(await store.size()).toEqual({ sessions: 1, facts: lines.length, changed: 1 });
      await store.close();
    });

    it('keeps what it is told is lost, once', async () => {
      const store = await open();
      const [start] = session('s1', 1);
      const losses = [{ sid: 's1', lost: [[3, 3] as const, [5, 9] as const], reason: 'memory' as const }];
      await store.append({ receivedAt: NOW, facts: start ? [start] : [], losses });
      await store.append({ receivedAt: NOW, facts: [], losses });
      expect((await store.session('s1'))?.lost).toEqual([
        [3, 3],
        [5, 9],
      ]);
      await settle(store);
      // Of 0…9 the first is held, six are told lost and three are nowhere.
      expect(await store.summary('s1')).toMatchObject({ facts: 1, lost: 6, missing: 3 });
      await store.close();
    });

    it.skipIf(name === 'memory')('keeps what can be written, whatever comes at the same time and cannot', async () => {
      const store = await open();
      const cyclic: Record<string, unknown> = { type: 'playbackRequest', at: 0 };
      cyclic.itself = cyclic;
      const batches = [session('s1', 1), [{ sid: 's2', seq: 0, fact: cyclic as never }], session('s3', 3)];
      const results = await Promise.allSettled(
        batches.map((facts) => store.append({ receivedAt: NOW, facts, losses: [] })),
      );
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(await store.session('s2')).toBeNull();
      expect(await store.size()).toMatchObject({
        sessions: 2,
        facts: session('s1', 1).length + session('s3', 3).length,
      });
      expect(store.pending).toBe(0);
      await store.close();
    });

    it('says which sessions changed until their projections have seen it, and no longer', async () => {
      const store = await open();
      const lines = session('s1', 1);
      await store.append({ receivedAt: NOW, facts: lines.slice(0, 5), losses: [] });
      const [changed] = await store.changed(10);
      expect(changed).toMatchObject({ sid: 's1', low: 0 });
      await store.append({ receivedAt: NOW, facts: lines.slice(5, 9), losses: [] });
      await settle(store);
      expect(await store.changed(10)).toEqual([]);
      await store.append({ receivedAt: NOW, facts: lines.slice(2, 9), losses: [] });
      expect(await store.changed(10)).toEqual([]);
      await store.append({ receivedAt: NOW, facts: lines.slice(9, 12), losses: [] });
      expect(await store.changed(10)).toMatchObject([{ sid: 's1', low: 9 }]);
      await store.forgetProjections();
      expect(await store.summary('s1')).toBeNull();
      expect(await store.changed(10)).toMatchObject([{ sid: 's1', low: 0 }]);
      await store.close();
    });

    it('takes sessions out of everything when they are too old', async () => {
      const store = await open();
      const lines = session('young', 3, NOW);
      await store.append({ receivedAt: NOW, facts: lines, losses: [] });
      await settle(store);
      const before = await everything(store);
      await store.append({
        receivedAt: NOW - 9,
        facts: session('old', 2, NOW - 600_000),
        losses: [{ sid: 'old', lost: [[99, 99]], reason: 'age' }],
      });
      await settle(store);
      expect(await everything(store)).not.toEqual(before);
      expect(await store.expire(NOW, 10)).toBe(1);
      expect(await everything(store)).toEqual(before);
      expect(await store.session('old')).toBeNull();
      await store.close();
    });

    it('takes text that is made to be misread as it is', async () => {
      const store = await open();
      const hostile = `'); DROP TABLE events; --<script>alert(1)</script>\u0000 "\\%s`;
      const [start] = session("s'", 1);
      if (start?.fact.type !== 'sessionStart') throw new Error('a session starts with its start');
      const fact = { ...start.fact, engine: hostile, strategy: '__proto__', src: hostile };
      await store.append({ receivedAt: NOW, facts: [{ ...start, fact, tags: { "ab.'": hostile } }], losses: [] });
      await settle(store);
      expect((await store.session("s'"))?.facts[0]?.fact).toEqual(fact);
      const clean = hostile.replace('\u0000', ' ');
      expect(await store.summary("s'")).toMatchObject({ engine: clean, strategy: '__proto__', src: clean });
      expect(
        await store.rollup({ ...ALL, bucket: null, by: ['engine', 'strategy'], filter: { engine: clean } }),
      ).toMatchObject([{ engine: clean, strategy: '__proto__' }]);
      expect(await store.variants("'", ALL)).toMatchObject([{ variant: clean, sessions: 1 }]);
      await store.close();
    });

    it.skipIf(name === 'memory')(
      'answers as the store in memory does, whatever came in, and the same when all is made anew',
      { timeout: 120_000 },
      async () => {
        const pieces = fc.array(
          fc.record({
            session: fc.nat(5),
            from: fc.nat(150),
            length: fc.integer({ min: 1, max: 90 }),
            settle: fc.boolean(),
          }),
          { minLength: 1, maxLength: 25 },
        );
        await fc.assert(
          fc.asyncProperty(pieces, async (plan) => {
            const sessions = [1, 2, 3, 4, 5, 6].map((seed) => session(`s${seed}`, seed, NOW - seed * 1_700_000, 90));
            const plain = memoryStore();
            const store = await open();
            for (const [index, piece] of plan.entries()) {
              const facts = (sessions[piece.session] ?? []).slice(piece.from, piece.from + piece.length);
              const batch = { receivedAt: NOW + index, facts, losses: [] };
              expect(await store.append(batch)).toEqual(await plain.append(batch));
              if (piece.settle) await settle(store);
            }
            await settle(plain);
            await settle(store);
            const answers = await everything(store);
            expect(answers).toEqual(await everything(plain));
            await store.forgetProjections();
            await settle(store);
            expect(await everything(store)).toEqual(answers);
            await store.close();
          }),
          { numRuns: 15 },
        );
      },
    );
  });
}
