import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { beaconBody, encodeBeaconLine } from '../../telemetry/beacon-format.ts';
import { dashboardPages } from './dashboard-pages.ts';
import { ownFile } from './file-owner.ts';
import { madeLines, seededRandom } from './made-session.ts';
import { networkOf, nodeServer } from './node-server.ts';
import { type StartOptions, startCollector } from './start-collector.ts';

// Busy machines are slow; what is waited for ends by itself.
vi.setConfig({ testTimeout: 60_000 });

const folder = mkdtempSync(join(tmpdir(), 'sluice-collector-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const nextFile = (): string => {
  files += 1;
  return join(folder, 'made', `${files}.db`);
};

const LINES = madeLines({ sid: 's1', startedAt: Date.now(), random: seededRandom(1), length: 30 });
const BODY = beaconBody(LINES.map(encodeBeaconLine));

async function using(
  options: Partial<StartOptions>,
  work: (url: string, running: Awaited<ReturnType<typeof startCollector>>) => Promise<void>,
): Promise<void> {
  const running = await startCollector({ file: nextFile(), durability: 'normal', ...options });
  try {
    await work(running.url ?? '', running);
  } finally {
    await running.close();
  }
}

const post = (url: string, body: string | Uint8Array, headers: Record<string, string> = {}) =>
  fetch(`${url}/v1/events`, {
    method: 'POST',
    body: body as BodyInit,
    headers: { 'content-type': 'application/x-ndjson', ...headers },
  });

/** A request whose Host header can be chosen; fetch does not let it be. */
const statusWith = (url: string, host: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request(`${url}/healthz`, { headers: { host } }, (reply) => {
      reply.resume();
      resolve(reply.statusCode);
    })
      .once('error', reject)
      .end();
  });

describe('a collector over HTTP', () => {
  it('takes facts in, and gives them back after it was closed and started again', async () => {
    const file = nextFile();
    await using({ file }, async (url) => {
      expect((await post(url, BODY)).status).toBe(204);
      expect((await post(url, gzipSync(BODY), { 'content-encoding': 'gzip' })).status).toBe(204);
    });
    await using({ file }, async (url) => {
      const events = await (await fetch(`${url}/v1/sessions/s1/events`)).text();
      expect(events.trimEnd().split('\n')).toHaveLength(LINES.length);
    });
  });

  it('brings summaries up to date by itself', async () => {
    await using({}, async (url, { collector }) => {
      await post(url, BODY);
      while ((await collector.status()).behind > 0) await new Promise(setImmediate);
      const { sessions } = (await (await fetch(`${url}/v1/sessions`)).json()) as { sessions: { sid: string }[] };
      expect(sessions).toMatchObject([{ sid: 's1', facts: LINES.length }]);
    });
  });

  it('gives a long session to a reader that is slow, and holds on to nothing when it goes', async () => {
    const warnings: Error[] = [];
    const hear = (warning: Error): void => void warnings.push(warning);
    process.on('warning', hear);
    await using({}, async (url, { store }) => {
      const facts = Array.from({ length: 60_000 }, (_, seq) => ({
        sid: 'long',
        seq,
        fact: { type: 'recovery', code: 'MEDIA_STUCK', action: 'x'.repeat(200), at: seq } as const,
      }));
      await store.append({ receivedAt: Date.now(), facts, losses: [] });
      const whole = await (await fetch(`${url}/v1/sessions/long/events`)).text();
      expect(whole.split('\n')).toHaveLength(60_001);
      // This one reads a little and hangs up: the collector can be closed all the same.
      const reader = (await fetch(`${url}/v1/sessions/long/events`)).body?.getReader();
      await reader?.read();
      await reader?.cancel();
    });
    process.off('warning', hear);
    expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).toEqual([]);
  });

  it('leaves summaries to another process where it is told to', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    try {
      await using({ background: false }, async (url, { collector }) => {
        await post(url, BODY);
        await vi.advanceTimersByTimeAsync(700_000);
        expect((await collector.status()).behind).toBe(1);
        expect(await collector.project()).toBe(1);
        expect((await collector.status()).behind).toBe(0);
      });
    } finally {
      vi.useRealTimers();
    }
  });

  it('gets its refusal of a body too long out to a sender that is still sending', async () => {
    await using({ limits: { wireBytes: 10_000 } }, async (url) => {
      const response = await post(url, new Uint8Array(3_000_000));
      expect(response.status).toBe(413);
      expect(await response.json()).toEqual({ error: 'the body must be at most 10000 bytes' });
    });
  });

  it('keeps nothing of a body that was cut off, and lives on', async () => {
    await using({}, async (url, { store }) => {
      const { port } = new URL(url);
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), '127.0.0.1', () => {
          const head = `POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\ncontent-length: ${BODY.length}\r\n\r\n`;
          socket.write(head + BODY.slice(0, -10), () => socket.destroy());
        });
        socket.once('close', () => resolve());
      });
      expect((await post(url, '')).status).toBe(400);
      expect((await store.size()).facts).toBe(0);
    });
  });

  const HEAD = 'POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\n';
  it.each<[what: string, request: string, status: number, why: string]>([
    ['headers without end', `${HEAD}x: ${'a'.repeat(100_000)}\r\n\r\n`, 431, 'at most 16 KiB'],
    ['headers without number', `${HEAD}${'x-sluice: 1\r\n'.repeat(5000)}\r\n`, 431, 'at most 16 KiB'],
    ['a length below nothing', `${HEAD}content-length: -5\r\n\r\nabc`, 400, 'HPE_INVALID_CONTENT_LENGTH'],
    ['a length beyond belief', `${HEAD}content-length: 99999999999999\r\n\r\nabc`, 413, 'at most 262144 bytes'],
    ['two lengths', `${HEAD}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`, 400, 'well-formed HTTP'],
    ['a chunk that is none', `${HEAD}transfer-encoding: chunked\r\n\r\nZZ\r\nabc\r\n`, 400, 'HPE_INVALID_CHUNK_SIZE'],
    ['what is no HTTP', '\u0000\u0001\u0002\r\n\r\n', 400, 'well-formed HTTP'],
    ['a control character in a header', `${HEAD}x: a\u0001b\r\n\r\n`, 400, 'HPE_INVALID_HEADER_TOKEN'],
    ['no name of a host', 'GET /v1/status HTTP/1.1\r\nconnection: close\r\n\r\n', 421, 'must name this collector'],
    ['an expectation', `${HEAD}expect: banana\r\ncontent-length: 3\r\n\r\nabc`, 417, 'got banana'],
    ['another method', 'TRACE /v1/events HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n', 405, 'got TRACE'],
    [
      'a body that never ends',
      `${HEAD}transfer-encoding: chunked\r\n\r\n${`4000\r\n${'x'.repeat(0x4000)}\r\n`.repeat(30)}`,
      413,
      'at most 262144 bytes',
    ],
    [
      'a path out of the pages',
      'GET /dashboard/../../package.json HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n',
      404,
      'no such resource',
    ],
    [
      'a whole address for a path',
      'GET http://localhost/v1/nothing HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n',
      404,
      'no such resource',
    ],
  ])('refuses %s off the wire, says why, and lives on', async (_, request, status, why) => {
    await using({ pages: dashboardPages(join(import.meta.dirname, '..', '..', '..')) }, async (url, { store }) => {
      const answer = await new Promise<string>((resolve) => {
        let text = '';
        const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(request));
        socket.setEncoding('latin1').on('data', (chunk) => {
          text += chunk;
        });
        // It hangs up while we still send: that is an error to us, and the answer is there all the same.
        socket.on('error', () => undefined).on('close', () => resolve(text));
      });
      expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(answer).toContain('{"error":');
      expect(answer).toContain(why);
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      expect((await store.size()).sessions).toBe(0);
    });
  });

  it('hangs up on whoever takes too long to say what it wants, and says so', async () => {
    const server = nodeServer(async () => new Response(null));
    const socket = new PassThrough();
    server.emit('clientError', Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket);
    expect(String(socket.read())).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n.*"the request must come within 30 s/s);
    expect([server.headersTimeout, server.requestTimeout]).toEqual([10_000, 30_000]);
    server.close();
  });

  it('answers only to names of this machine, so that no page reads it by a name of its own', async () => {
    await using({}, async (url) => {
      const { port } = new URL(url);
      const hosts = [`127.0.0.1:${port}`, `localhost:${port}`, `evil.example:${port}`, 'evil.example'];
      expect(await Promise.all(hosts.map((host) => statusWith(url, host)))).toEqual([200, 200, 421, 421]);
    });
  });

  it('lets local pages read, and no others', async () => {
    await using({}, async (url) => {
      const allowed = async (origin: string) =>
        (await fetch(`${url}/v1/overview`, { headers: { origin } })).headers.get('access-control-allow-origin');
      expect(await allowed('http://localhost:5173')).toBe('http://localhost:5173');
      expect(await allowed('https://evil.example')).toBeNull();
      expect(await allowed('https://127.evil.example')).toBeNull();
      expect(await allowed('null')).toBeNull();
    });
  });

  it('will not let strangers read: listening to other machines asks for read keys', async () => {
    await expect(startCollector({ file: nextFile(), host: '0.0.0.0' })).rejects.toThrow('readKeys must be given');
  });

  it('says so when its port or its file is taken, and gives up the file it could not serve', async () => {
    const file = nextFile();
    await using({ file }, async (url) => {
      await expect(startCollector({ file })).rejects.toThrow(`is in use by process ${process.pid}`);
      const other = nextFile();
      const port = Number(new URL(url).port);
      await expect(startCollector({ file: other, port })).rejects.toThrow('EADDRINUSE');
      await using({ file: other }, async () => undefined);
    });
  });
});

describe('the owner of a file', () => {
  it('is one process, until it gives it up', () => {
    const file = join(folder, 'owned');
    const disown = ownFile(file);
    expect(() => ownFile(file)).toThrow('is in use');
    disown();
    ownFile(file)();
  });

  it('is nobody when the process is gone, its number has another now, or the note was cut off', async () => {
    const file = join(folder, 'stale');
    const gone = spawn(process.execPath, ['-e', '']);
    const { pid } = gone;
    await new Promise((resolve) => gone.once('exit', resolve));
    for (const note of [`{"pid":${pid},"start":"1"}`, `{"pid":${process.pid},"start":"1"}`, '{"pi', '']) {
      writeFileSync(`${file}.owner`, note);
      ownFile(file)();
    }
  });
});

describe('the network of an address', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:0DB8:0000:0002::1', '2001:db8:0:2'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
  ])('of %s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
