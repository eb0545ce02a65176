import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { BeaconLine } from '../../telemetry/beacon-format.ts';
import { memoryStore } from '../memory-store.ts';
import { decodeBatch, encodeBatch, streamFront } from '../stream-front.ts';
import { drainJetStream, jetStreamLog } from './jetstream.ts';
import { madeLines, seededRandom } from './made-session.ts';

// Busy machines are slow; what is waited for ends by itself.
vi.setConfig({ testTimeout: 60_000 });

const NATS = process.env.SLUICE_NATS ?? 'nats-server';
const there = spawnSync(NATS, ['--version']).status === 0;
const folder = mkdtempSync(join(tmpdir(), 'sluice-nats-'));
const servers: ChildProcess[] = [];
afterAll(() => {
  // Whatever failed, nothing of it goes on.
  for (const server of servers) server.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const session = (sid: string, seed: number): BeaconLine[] =>
  madeLines({ sid, startedAt: 1_776_168_000_000, random: seededRandom(seed), length: 60 });

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function startNats(port: number): Promise<ChildProcess> {
  const child = spawn(NATS, ['-js', '-a', '127.0.0.1', '-p', String(port), '-sd', folder], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  servers.push(child);
  for await (const chunk of child.stderr) if (String(chunk).includes('Server is ready')) break;
  child.stderr.resume();
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

describe('a batch in a log', () => {
  it('is read as it was written', () => {
    const losses = [{ sid: 's1', lost: [[3, 4] as const], reason: 'memory' as const }];
    const batch = { receivedAt: 1_776_168_000_123, facts: session('s1', 1), losses };
    expect(decodeBatch(encodeBatch(batch))).toEqual(batch);
    expect(() => decodeBatch(new TextEncoder().encode('x\n{}'))).toThrow('not a batch');
  });

  it('is acknowledged when the log has it, and not when the log fails', async () => {
    const taken: Uint8Array[] = [];
    const store = memoryStore();
    const facts = session('s1', 1);
    const front = streamFront({ name: 'log', publish: async (batch) => void taken.push(batch) }, store);
    expect(await front.append({ receivedAt: 1, facts, losses: [] })).toEqual({ stored: facts.length, duplicates: 0 });
    expect((await store.size()).facts).toBe(0);
    await store.append(decodeBatch(taken[0] ?? new Uint8Array()));
    expect((await front.size()).facts).toBe(facts.length);
    const full = streamFront({ name: 'log', publish: () => Promise.reject(new Error('full')) }, store);
    await expect(full.append({ receivedAt: 1, facts, losses: [] })).rejects.toThrow('full');
    expect(full.pending).toBe(0);
  });
});

describe('a batch larger than a log takes at once', () => {
  it('is published in parts that fit, each line in one of them, and acknowledged after the last', async () => {
    const losses = [1, 3, 5].map((first) => ({
      sid: 's1',
      lost: [[first, first] as const],
      reason: 'memory' as const,
    }));
    const batch = { receivedAt: 7, facts: session('s1', 1), losses };
    const taken: Uint8Array[] = [];
    const log = { name: 'log', mostBytes: 2000, publish: async (part: Uint8Array) => void taken.push(part) };
    await streamFront(log, memoryStore()).append(batch);
    expect(taken.length).toBeGreaterThan(3);
    expect(Math.max(...taken.map(({ byteLength }) => byteLength))).toBeLessThanOrEqual(2000);
    const parts = taken.map(decodeBatch);
    expect(parts.every(({ receivedAt }) => receivedAt === 7)).toBe(true);
    expect(parts.flatMap(({ facts }) => facts)).toEqual(batch.facts);
    expect(parts.flatMap((part) => part.losses)).toEqual(losses);
    const failing = {
      ...log,
      publish: () => (taken.length > 4 ? Promise.reject(new Error('full')) : Promise.resolve()),
    };
    await expect(streamFront(failing, memoryStore()).append(batch)).rejects.toThrow('full');
  });
});

describe.skipIf(!there)(`NATS JetStream${there ? '' : ': nats-server is not installed here'}`, () => {
  it('loses nothing it acknowledged when the server is killed, and the store knows each fact once', {
    timeout: 60_000,
  }, async () => {
    const port = await freePort();
    let server = await startNats(port);
    const options = { url: `nats://127.0.0.1:${port}`, confirmWithin: 2000 };
    const log = await jetStreamLog(options);
    const store = memoryStore();
    const front = streamFront(log, store);
    const stop = new AbortController();
    const sessions = Array.from({ length: 40 }, (_, index) => session(`s${index}`, index));
    let drained = 0;
    // As a supervisor would: whatever ends it, it is started again.
    const drain = async (): Promise<void> => {
      while (!stop.signal.aborted)
        await drainJetStream(options, store, stop.signal, ({ appended }) => {
          drained += appended;
        }).catch(() => new Promise(setImmediate));
    };
    const draining = drain();
    const restart = async (): Promise<void> => {
      await kill(server);
      server = await startNats(port);
    };
    let restarted = Promise.resolve();
    let again = 0;
    for (const [index, facts] of sessions.entries()) {
      for (let at = 0; at < facts.length; at += 20) {
        const batch = { receivedAt: 1, facts: facts.slice(at, at + 20), losses: [] };
        // A sender that has no answer comes again.
        while (
          !(await front.append(batch).then(
            () => true,
            () => false,
          ))
        ) {
          again += 1;
          await new Promise(setImmediate);
        }
      }
      if (index % 13 === 6) {
        await restarted;
        restarted = restart();
      }
    }
    await restarted;
    const total = sessions.reduce((sum, facts) => sum + facts.length, 0);
    await expect.poll(async () => (await store.size()).facts, { timeout: 40_000 }).toBe(total);
    for (const facts of sessions) {
      const held = await store.session(facts[0]?.sid ?? '');
      expect(held?.facts.map(({ fact }) => fact)).toEqual(facts.map(({ fact }) => fact));
    }
    expect(again).toBeGreaterThan(0);
    expect(drained).toBeGreaterThan(0);
    stop.abort();
    await draining;
    await log.close();
    await kill(server);
  });

  it('takes bodies larger than a message of NATS may be, in parts, and harms no other by one that has no parts', {
    timeout: 30_000,
  }, async () => {
    const port = await freePort();
    const server = await startNats(port);
    const options = { url: `nats://127.0.0.1:${port}`, stream: 'large' };
    const log = await jetStreamLog(options);
    const store = memoryStore();
    const front = streamFront(log, store);
    // 2 MB in 40 facts, where a message has at most 1 MiB.
    const large = Array.from({ length: 40 }, (_, seq) => ({
      sid: 'large',
      seq,
      fact: { type: 'recovery', code: 'MEDIA_STUCK', action: 'x'.repeat(50_000), at: seq } as const,
    }));
    const whole = [
      { ...large[0], sid: 'whole', fact: { ...large[0]?.fact, action: 'x'.repeat(1_100_000) } },
    ] as BeaconLine[];
    const results = await Promise.allSettled(
      [large, whole, session('other', 1)].map((facts) => front.append({ receivedAt: 1, facts, losses: [] })),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const stop = new AbortController();
    const total = large.length + session('other', 1).length;
    const draining = drainJetStream(options, store, stop.signal);
    await expect.poll(async () => (await store.size()).facts, { timeout: 20_000 }).toBe(total);
    expect((await store.session('large'))?.facts.map(({ fact }) => fact)).toEqual(large.map(({ fact }) => fact));
    stop.abort();
    await draining;
    await log.close();
    await kill(server);
  });

  it('refuses what does not fit any more, so that senders are asked to come later', { timeout: 30_000 }, async () => {
    const port = await freePort();
    const server = await startNats(port);
    const log = await jetStreamLog({ url: `nats://127.0.0.1:${port}`, stream: 'small', bytes: 20_000 });
    const front = streamFront(log, memoryStore());
    const fill = async (): Promise<void> => {
      for (let index = 0; index < 100; index += 1)
        await front.append({ receivedAt: 1, facts: session(`f${index}`, index), losses: [] });
    };
    await expect(fill()).rejects.toThrow('JetStream: maximum bytes exceeded');
    await log.close();
    await kill(server);
  });
});
