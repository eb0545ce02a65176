import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';
import { gzipSync } from 'node:zlib';
import { type BeaconLine, beaconBody, encodeBeaconLine } from '../../telemetry/beacon-format.ts';
import { madeLines, seededRandom } from './made-session.ts';
import { openSqlite } from './sqlite-driver.ts';
import { sqliteStore } from './sqlite-store.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const NOW = Date.UTC(2026, 3, 14, 12);

/** How a trial goes. */
export interface KillTrial {
  /** Facts to send, about: sessions are sent whole. */
  readonly events: number;
  /** Times that the collector is killed, spread over the trial by chance. */
  readonly kills: number;
  /** Where the database goes; it is removed before and after. */
  readonly file: string;
  readonly seed: number;
  readonly senders?: number;
  /** Told of what happens. */
  readonly say?: (line: string) => void;
}

/** What came of it. All but `sent`, `kills`, `again` and `unanswered` must be as they were sent. */
export interface KillResult {
  /** Facts that were sent and acknowledged in the end, and facts that the store holds. */
  readonly sent: number;
  readonly held: number;
  /** Facts acknowledged and not there, there twice, or there with other content. */
  readonly lost: number;
  readonly double: number;
  readonly changed: number;
  /** SQLite's own opinion of its file. */
  readonly integrity: string;
  /** Times it was killed, requests that had no answer and were sent again, and bodies sent again although acknowledged. */
  readonly kills: number;
  readonly unanswered: number;
  readonly again: number;
  readonly seconds: number;
}

const sidOf = (index: number): string => `session-${index}`;

/** The lines of the trial's n-th session, the same whenever asked. */
function sessionLines(seed: number, index: number): BeaconLine[] {
  const random = seededRandom(seed * 1_000_003 + index);
  const length = 60 + random() * 900;
  return madeLines({ sid: sidOf(index), startedAt: NOW - index * 1000, random, length });
}

interface Child {
  readonly url: string;
  readonly process: ChildProcess;
}

/** Starts a collector of its own process on the file, on any free port, and waits until it listens. */
async function start(file: string): Promise<Child> {
  const program = join(ROOT, 'src', 'collector', 'node', 'main.ts');
  const args = ['--import', 'tsx', program, '--port', '0', '--file', file, '--no-rate-limit', '--quiet'];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^Collector: (\S+)$/.exec(line)?.[1];
    if (url !== undefined) return { url, process: child };
  }
  throw new Error('the collector ended before it listened');
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

/**
 * Sends sessions to a collector that is killed (SIGKILL) and started again while it takes them in, and then compares what
 * its file holds with what it acknowledged. Senders do as pages do: what has no answer is sent again, what was
 * acknowledged never is; only sometimes an acknowledged body is repeated at once, as a page that missed the answer would.
 */
export async function killTrial(trial: KillTrial): Promise<KillResult> {
  const { events, kills, file, seed, senders = 8, say = () => undefined } = trial;
  const random = seededRandom(seed);
  const began = performance.now();
  const remove = (): void => {
    for (const ending of ['', '-wal', '-shm', '-journal', '.owner', '.lock'])
      rmSync(file + ending, { recursive: true, force: true });
  };
  remove();
  const killAt = Array.from({ length: kills }, () => random() * events).sort((a, b) => a - b);
  let child = start(file);
  let sessions = 0;
  let started = 0;
  let acknowledged = 0;
  let killed = 0;
  let unanswered = 0;
  let again = 0;

  const kill = async (): Promise<void> => {
    const { process: victim } = await child;
    victim.kill('SIGKILL');
    await ended(victim);
    killed += 1;
    say(`killed ${killed} of ${kills}, ${acknowledged} facts acknowledged, ${unanswered} requests without an answer`);
    child = start(file);
    await child;
  };

  const post = async (body: string, packed: boolean): Promise<boolean> => {
    const { url } = await child;
    try {
      const response = await fetch(url, {
        method: 'POST',
        body: packed ? gzipSync(body) : body,
        headers: { 'content-type': 'application/x-ndjson', ...(packed ? { 'content-encoding': 'gzip' } : {}) },
      });
      if (response.status === 204) return true;
      if (response.status !== 503)
        throw new RangeError(`the collector refused: ${response.status} ${await response.text()}`);
      return false;
    } catch (failure) {
      if (failure instanceof RangeError) throw failure;
      return false;
    }
  };

  let killing: Promise<void> = Promise.resolve();
  const deliver = async (lines: readonly BeaconLine[]): Promise<void> => {
    const body = beaconBody(lines.map(encodeBeaconLine));
    const packed = random() < 0.5;
    while (!(await post(body, packed))) {
      unanswered += 1;
      await child.catch(() => undefined);
      await new Promise(setImmediate);
    }
    acknowledged += lines.length;
    if (random() < 0.02) {
      again += 1;
      await post(body, packed);
    }
    while (killAt.length > 0 && acknowledged >= (killAt[0] ?? 0)) {
      killAt.shift();
      killing = killing.then(kill);
    }
  };

  const sender = async (): Promise<void> => {
    while (started < events) {
      const index = sessions;
      sessions += 1;
      const lines = sessionLines(seed, index);
      started += lines.length;
      for (let at = 0; at < lines.length; ) {
        const size = 1 + Math.floor(random() * 100);
        await deliver(lines.slice(at, at + size));
        at += size;
      }
    }
  };

  await Promise.all(Array.from({ length: senders }, sender));
  await killing;
  const last = await child;
  last.process.kill('SIGKILL');
  await ended(last.process);
  const seconds = (performance.now() - began) / 1000;
  const found = await compare(file, seed, sessions);
  remove();
  return { sent: acknowledged, ...found, kills: killed + 1, unanswered, again, seconds };
}

/** Compares what a file holds with the sessions that were sent. */
async function compare(
  file: string,
  seed: number,
  sessions: number,
): Promise<Pick<KillResult, 'held' | 'lost' | 'double' | 'changed' | 'integrity'>> {
  const store = await sqliteStore({ file });
  let held = 0;
  let lost = 0;
  let double = 0;
  let changed = 0;
  for (let index = 0; index < sessions; index += 1) {
    const kept = (await store.session(sidOf(index)))?.facts ?? [];
    held += kept.length;
    const bySeq = new Map(kept.map(({ seq, fact }) => [seq, fact]));
    double += kept.length - bySeq.size;
    for (const { seq, fact } of sessionLines(seed, index)) {
      if (!bySeq.has(seq)) lost += 1;
      else if (!isDeepStrictEqual(bySeq.get(seq), fact)) changed += 1;
    }
  }
  const { facts } = await store.size();
  await store.close();
  const db = await openSqlite(file);
  const integrity = String(Object.values(db.prepare('PRAGMA integrity_check').all()[0] ?? {})[0]);
  db.close();
  // The store's own count, kept along the way, must agree with the rows.
  return { held, lost, double: double + Math.abs(facts - held), changed, integrity };
}
