/**
 * `npm run bench:telemetry [-- --events 10000000] [--seconds 10] [--keep] [--server-only]`: what the collector takes and how fast it
 * answers, and then what telemetry costs a viewer.
 *
 * 1. Events a second over HTTP into SQLite, a collector of its own process, bodies of 50 facts from 16 connections, each
 *    answered after its commit; with and without waiting for the disk, packed and not.
 * 2. A store with `--events` facts of a week: how fast it fills and is projected, how large it is, and how long what
 *    the dashboard asks takes over HTTP requests handled in process: p50 and p99 of 200 times each.
 * 3. Cost a fact and bytes a minute in the page: `telemetry-client.ts`, with Chromium.
 *
 * `--keep` leaves the large store in .cache and takes it up again next time.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { type Collector, createCollector } from '../src/collector/collector.ts';
import type { EventStore } from '../src/collector/event-store.ts';
import { madeLines, seededRandom } from '../src/collector/node/made-session.ts';
import { sqliteStore } from '../src/collector/node/sqlite-store.ts';
import { type BeaconLine, beaconBody, encodeBeaconLine } from '../src/telemetry/beacon-format.ts';

const ROOT = join(import.meta.dirname, '..');
const HOUR = 3_600_000;
const WEEK = 7 * 24 * HOUR;
const BATCH = 50;
const CONNECTIONS = 16;

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '10000000' },
    seconds: { type: 'string', default: '10' },
    keep: { type: 'boolean', default: false },
    'server-only': { type: 'boolean', default: false },
  },
});
const EVENTS = Number(values.events);
const SECONDS = Number(values.seconds);

const whole = (value: number): string => Math.round(value).toLocaleString('en-US').replaceAll(',', ' ');
const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(Math.ceil(share * sorted.length) - 1, sorted.length - 1)] ?? Number.NaN;
const ascending = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);
const ms = (value: number): string => value.toFixed(value < 10 ? 2 : 1).padStart(8);

const remove = (file: string): void => {
  for (const ending of ['', '-wal', '-shm', '.owner', '.lock']) rmSync(file + ending, { recursive: true, force: true });
};

/** Bodies of `count` facts, of sessions that report at the same time, each session in order. */
function* bodies(seed: number, count: number): Generator<readonly BeaconLine[]> {
  const random = seededRandom(seed);
  for (let number = 0; ; ) {
    const sessions = Array.from({ length: 40 }, () => {
      number += 1;
      const sid = `bench-${seed}-${number}`;
      return madeLines({ sid, startedAt: Date.now(), random, length: 300 });
    });
    for (let at = 0; sessions.some((lines) => at < lines.length); at += count) {
      for (const lines of sessions) if (at < lines.length) yield lines.slice(at, at + count);
    }
  }
}

async function startChild(args: readonly string[]): Promise<{ url: URL; child: ChildProcess }> {
  const program = join(ROOT, 'src', 'collector', 'node', 'main.ts');
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', program, '--port', '0', '--quiet', '--no-rate-limit', ...args],
    {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^Collector: (\S+)$/.exec(line)?.[1];
    if (url !== undefined) return { url: new URL(url), child };
  }
  throw new Error('the collector ended before it listened');
}

/** A request by `node:http` and not fetch: the sender must not be what is measured. */
function post(url: URL, agent: Agent, body: Uint8Array, packed: boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/x-ndjson',
      'content-length': body.byteLength,
      ...(packed ? { 'content-encoding': 'gzip' } : {}),
    };
    const sending = request(url, { method: 'POST', agent, headers }, (reply) => {
      reply.resume();
      reply.once('end', () => resolve(reply.statusCode ?? 0));
    });
    sending.once('error', reject);
    sending.end(body);
  });
}

async function ingest(durability: 'full' | 'normal', packed: boolean): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const { url, child } = await startChild(['--file', join(folder, 'collector.db'), '--durability', durability]);
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  try {
    // Made before the clock starts: enough for the whole run.
    const made: Uint8Array[] = [];
    const source = bodies(packed ? 2 : 1, BATCH);
    let facts = 0;
    while (made.length < (SECONDS * 60_000) / BATCH) {
      const lines = source.next().value ?? [];
      if (lines.length < BATCH) continue;
      const text = Buffer.from(beaconBody(lines.map(encodeBeaconLine)));
      made.push(packed ? gzipSync(text) : text);
    }
    const took: number[] = [];
    const refused: number[] = [];
    const end = performance.now() + SECONDS * 1000;
    const began = performance.now();
    let next = 0;
    const sender = async (): Promise<void> => {
      while (performance.now() < end && next < made.length) {
        const body = made[next];
        next += 1;
        if (!body) return;
        const sent = performance.now();
        const status = await post(url, agent, body, packed);
        took.push(performance.now() - sent);
        if (status === 204) facts += BATCH;
        else refused.push(status);
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, sender));
    const seconds = (performance.now() - began) / 1000;
    const sorted = ascending(took);
    const bytes = made.slice(0, next).reduce((sum, body) => sum + body.byteLength, 0);
    console.log(
      `  ${durability.padEnd(6)} ${(packed ? 'gzip' : 'plain').padEnd(5)} ${whole(facts / seconds).padStart(8)} facts/s  answer p50 ${ms(quantile(sorted, 0.5))} ms, p99 ${ms(quantile(sorted, 0.99))} ms  ${(bytes / facts).toFixed(0).padStart(4)} bytes a fact on the wire${refused.length > 0 ? `  ${refused.length} refused` : ''}`,
    );
  } finally {
    agent.destroy();
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Fills a store with sessions of the last week. */
async function fill(store: EventStore, now: number): Promise<void> {
  const random = seededRandom(3);
  const began = performance.now();
  let facts = 0;
  for (let number = 0; facts < EVENTS; ) {
    const batch: BeaconLine[] = [];
    while (batch.length < 5000) {
      number += 1;
      const startedAt = Math.round(now - random() * WEEK);
      const length = 60 + -Math.log(1 - random()) * 400;
      const variant = random() < 0.5 ? 'control' : 'faster';
      batch.push(...madeLines({ sid: `s-${number}`, startedAt, random, length, variant }));
    }
    await store.append({ receivedAt: now, facts: batch, losses: [] });
    facts += batch.length;
  }
  const seconds = (performance.now() - began) / 1000;
  console.log(`  filled: ${whole(facts)} facts in ${seconds.toFixed(0)} s, the making of them included`);
}

async function project(store: EventStore, collector: Collector): Promise<void> {
  const { changed } = await store.size();
  if (changed === 0) return;
  const began = performance.now();
  while ((await collector.project()) > 0);
  const seconds = (performance.now() - began) / 1000;
  const { facts } = await store.size();
  console.log(`  projected: ${whole(changed)} sessions in ${seconds.toFixed(0)} s, ${whole(facts / seconds)} facts/s`);
}

async function queries(store: EventStore, collector: Collector, now: number): Promise<void> {
  const window = (hours: number): string => `from=${now - hours * HOUR}&to=${now}`;
  const sessions = await store.sessions({ from: now - WEEK, to: now, order: 'newest', limit: 200, filter: {} });
  const { strategy = '', engine = '', host = '' } = sessions[0] ?? {};
  const sid = (): string => sessions[Math.floor(Math.random() * sessions.length)]?.sid ?? '';
  const asked: readonly (readonly [name: string, path: () => string])[] = [
    ['overview, an hour', () => `/v1/overview?${window(1)}`],
    ['overview, a day', () => `/v1/overview?${window(24)}`],
    ['overview, a week', () => `/v1/overview?${window(168)}`],
    ['overview, a week, one strategy', () => `/v1/overview?${window(168)}&strategy=${strategy}`],
    ['overview, a day, engine and host', () => `/v1/overview?${window(24)}&engine=${engine}&host=${host}`],
    ['worst sessions, a week', () => `/v1/sessions?order=worst&limit=50&${window(168)}`],
    ['worst sessions, an hour', () => `/v1/sessions?order=worst&limit=50&${window(1)}`],
    ['newest sessions', () => `/v1/sessions?order=newest&limit=50&${window(168)}`],
    ['one session', () => `/v1/sessions/${sid()}`],
    ['one session, its facts', () => `/v1/sessions/${sid()}/events`],
    ['history of 20 sessions', () => `/v1/history?${Array.from({ length: 20 }, () => `sid=${sid()}`).join('&')}`],
    ['experiment, a week', () => `/v1/experiments/start?${window(168)}`],
  ];
  const all: number[] = [];
  for (const [name, path] of asked) {
    const took: number[] = [];
    for (let round = 0; round < 200; round += 1) {
      const began = performance.now();
      const response = await collector.handle(new Request(`http://collector${path()}`));
      await response.text();
      took.push(performance.now() - began);
      if (response.status !== 200) throw new Error(`${path()} was answered with ${response.status}`);
    }
    all.push(...took);
    const sorted = ascending(took);
    console.log(`  ${name.padEnd(34)} p50 ${ms(quantile(sorted, 0.5))} ms   p99 ${ms(quantile(sorted, 0.99))} ms`);
  }
  console.log(
    `  ${'all of them'.padEnd(34)} p50 ${ms(quantile(ascending(all), 0.5))} ms   p99 ${ms(quantile(ascending(all), 0.99))} ms`,
  );
}

const load = (): string => `load ${loadavg()[0]?.toFixed(1)}`;
console.log(`Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${load()}\n`);
console.log(`Over HTTP, bodies of ${BATCH} facts from ${CONNECTIONS} connections, ${SECONDS} s each:`);
for (const durability of ['full', 'normal'] as const) {
  for (const packed of [false, true]) await ingest(durability, packed);
}

if (EVENTS > 0) {
  const file = join(ROOT, '.cache', `bench-telemetry-${EVENTS}.db`);
  const kept = existsSync(file);
  const now = Math.round(kept ? statSync(file).birthtimeMs : Date.now());
  const store = await sqliteStore({ file, durability: 'normal' });
  const collector = createCollector({ store, now: () => now });
  console.log(`\n${store.name} with ${whole(EVENTS)} facts, ${load()}:`);
  if ((await store.size()).facts < EVENTS) await fill(store, now);
  await project(store, collector);
  const { facts, sessions } = await store.size();
  console.log(
    `  ${whole(sessions)} sessions, ${whole(facts)} facts, ${(statSync(file).size / 1e9).toFixed(2)} GB: ${(statSync(file).size / facts).toFixed(0)} bytes a fact`,
  );
  await queries(store, collector, now);
  await store.close();
  if (!values.keep) remove(file);
}

if (!values['server-only']) {
  console.log('');
  const program = join(import.meta.dirname, 'telemetry-client.ts');
  const client = spawn(process.execPath, ['--import', 'tsx', program], { cwd: ROOT, stdio: 'inherit' });
  process.exitCode = await new Promise<number>((resolve) => client.once('exit', (code) => resolve(code ?? 1)));
}
