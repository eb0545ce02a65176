/** A real collector in a process of its own, to be killed, and a proxy in front of it, to fail in other ways. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** A collector that can be killed and started again on the same file. */
export interface CollectorProcess {
  readonly url: string;
  start(): Promise<void>;
  /** `kill -9`: nothing of it gets to say anything. */
  kill(): Promise<void>;
  /** The facts it has of a session, in order; none if it knows no such session. */
  facts(sid: string): Promise<readonly unknown[]>;
  /** Ids of the sessions it has. */
  sessions(): Promise<readonly string[]>;
  close(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts a collector on a file and a port of its own. */
export async function startCollector(): Promise<CollectorProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-collector-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | null = null;

  const start = async (): Promise<void> => {
    const args = ['src/collector/node/main.ts', '--port', String(port), '--file', join(folder, 'facts.db'), '--quiet'];
    // One process, so that a kill reaches the collector itself and not a parent of it.
    const own = spawn(process.execPath, ['--import', 'tsx', ...args, '--key', 'e2e'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child = own;
    await new Promise<void>((resolve, reject) => {
      own.stdout?.on('data', (text: Buffer) => String(text).includes('Collector:') && resolve());
      own.once('exit', (code) => reject(new Error(`the collector ended with ${code}`)));
    });
  };

  const kill = async (): Promise<void> => {
    const own = child;
    child = null;
    if (own === null || own.exitCode !== null) return;
    own.removeAllListeners('exit');
    const gone = once(own, 'exit');
    own.kill('SIGKILL');
    await gone;
  };

  const read = async (path: string): Promise<Response> => fetch(`${url}${path}`);
  await start();
  return {
    url,
    start,
    kill,
    async facts(sid) {
      const response = await read(`/v1/sessions/${encodeURIComponent(sid)}/events`);
      if (response.status === 404) return [];
      const text = await response.text();
      if (!response.ok) throw new Error(`the collector answered ${response.status}: ${text}`);
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line));
    },
    async sessions() {
      const response = await read('/v1/sessions?limit=200');
      return ((await response.json()) as { sessions: { sid: string }[] }).sessions.map(({ sid }) => sid);
    },
    async close() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What the proxy does with what comes. `lose` hands it on and cuts the connection before the answer. */
export type ProxyMode = 'pass' | '503' | '429' | 'hang' | 'reset' | 'lose';

/** A body as it came in, and what the proxy did with it. */
export interface Seen {
  readonly mode: ProxyMode;
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: number;
}

/** Something between pages and collector that fails as it is told. */
export interface FlakyProxy {
  readonly url: string;
  mode: ProxyMode;
  readonly seen: readonly Seen[];
  close(): Promise<void>;
}

const corsOf = (message: IncomingMessage): Record<string, string> => ({
  'access-control-allow-origin': message.headers.origin ?? '*',
  'access-control-allow-credentials': 'true',
  'access-control-expose-headers': 'Retry-After',
});

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function handOn(target: string, message: IncomingMessage, body: Buffer, reply: ServerResponse, lose: boolean): void {
  const { host: _, ...headers } = message.headers;
  const onward = forward(`${target}${message.url}`, { method: message.method ?? 'GET', headers }, (answer) => {
    if (lose) {
      answer.resume();
      answer.once('end', () => reply.destroy());
      return;
    }
    reply.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(reply);
  });
  onward.once('error', () => reply.destroy());
  onward.end(body);
}

/** Starts a proxy in front of a collector. Preflights always pass: browsers remember them. */
export async function startProxy(target: string): Promise<FlakyProxy> {
  const seen: Seen[] = [];
  const proxy = { mode: 'pass' as ProxyMode };
  const answer = async (message: IncomingMessage, reply: ServerResponse): Promise<void> => {
    const { mode } = proxy;
    const body = await bodyOf(message);
    if (message.method === 'POST') seen.push({ mode, method: 'POST', headers: message.headers, bytes: body.length });
    if (message.method !== 'POST' || mode === 'pass' || mode === 'lose') {
      return handOn(target, message, body, reply, mode === 'lose' && message.method === 'POST');
    }
    if (mode === 'reset') reply.destroy();
    else if (mode !== 'hang') reply.writeHead(Number(mode), { ...corsOf(message), 'retry-after': '1' }).end();
  };
  const server = createServer((message, reply) => void answer(message, reply).catch(() => reply.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    get mode() {
      return proxy.mode;
    },
    set mode(mode) {
      proxy.mode = mode;
    },
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A body that came to a {@link Sink}. */
export interface SunkBody {
  readonly path: string;
  readonly contentType: string;
  readonly authorization: string | null;
  readonly body: string;
}

/** A server that takes what is posted, answers 204 and keeps it. */
export interface Sink {
  readonly url: string;
  readonly bodies: readonly SunkBody[];
  close(): void;
}

/** Starts a sink that any page may post to. */
export async function startSink(): Promise<Sink> {
  const bodies: SunkBody[] = [];
  const server = createServer(async (message, reply) => {
    const allowed = message.headers['access-control-request-headers'];
    const headers = {
      ...corsOf(message),
      ...(allowed === undefined ? {} : { 'access-control-allow-headers': allowed }),
    };
    const body = String(await bodyOf(message));
    if (message.method === 'POST') {
      const { 'content-type': contentType = '', authorization = null } = message.headers;
      bodies.push({ path: message.url ?? '', contentType, authorization, body });
    }
    reply.writeHead(204, headers).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
