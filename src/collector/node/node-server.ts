import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Sender } from '../ingest.ts';

/** Answers a request, as a collector does. */
export type Handle = (request: Request, sender: Sender) => Promise<Response>;

/** How requests are read off the wire. */
export interface ListenerOptions {
  /** Names (with port or without) that the Host header may have; null for any. Keeps pages from reading by a name that they point at this machine. */
  readonly hosts?: readonly string[] | null;
  /** Header in which a proxy in front puts the address it heard from last; none if there is no proxy. */
  readonly addressHeader?: string | null;
}

/** bytes of a body read ahead of the handler. */
const READ_AHEAD = 64 * 1024;
/** ms for a sender to read the answer to a body that was not read to its end. */
const LINGER = 1000;

/** A body as a stream; giving it up leaves the connection open, so that the answer still gets out. */
function bodyOf(message: IncomingMessage): ReadableStream<Uint8Array> {
  const source: UnderlyingDefaultSource<Uint8Array> = {
    start(controller) {
      message.on('data', (chunk: Buffer) => {
        controller.enqueue(chunk);
        if ((controller.desiredSize ?? 0) <= 0) message.pause();
      });
      message.once('end', () => controller.close());
      message.once('error', (failure) => controller.error(failure));
      message.once('close', () => {
        if (!message.complete) controller.error(new Error('the sender went away'));
      });
      message.pause();
    },
    pull: () => void message.resume(),
    cancel() {
      message.removeAllListeners('data').removeAllListeners('end').pause();
    },
  };
  return new ReadableStream(source, { highWaterMark: READ_AHEAD, size: (chunk) => chunk.byteLength });
}

/** The network a sender is in: its address, or the /64 that an IPv6 household has to itself. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.toLowerCase().split('::', 2);
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : new Array<string>(Math.max(8 - left.length - right.length, 0)).fill('0');
  return [...left, ...zeros, ...right]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}

function senderOf(message: IncomingMessage, addressHeader: string | null): Sender {
  const told = addressHeader === null ? undefined : message.headers[addressHeader.toLowerCase()];
  // The last entry is the proxy's own; those before it are whatever the sender wrote.
  const forwarded = (Array.isArray(told) ? told.join(',') : told)?.split(',').at(-1)?.trim();
  const address = forwarded || message.socket.remoteAddress;
  return address ? { address: networkOf(address) } : {};
}

function requestOf(message: IncomingMessage): Request {
  const headers = new Headers();
  for (let index = 0; index + 1 < message.rawHeaders.length; index += 2) {
    headers.append(message.rawHeaders[index] ?? '', message.rawHeaders[index + 1] ?? '');
  }
  const method = message.method ?? 'GET';
  const path = message.url?.startsWith('/') ? message.url : '/';
  const hasBody = method === 'POST' || method === 'PUT' || method === 'PATCH';
  const init = { method, headers, ...(hasBody ? { body: bodyOf(message), duplex: 'half' } : {}) };
  return new Request(`http://collector${path}`, init as RequestInit);
}

async function send(response: Response, message: IncomingMessage, reply: ServerResponse): Promise<void> {
  const unread = !message.complete && message.method !== 'GET' && message.method !== 'HEAD';
  if (unread) reply.setHeader('connection', 'close');
  reply.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body && message.method !== 'HEAD') {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      if (reply.destroyed) break;
      if (!reply.write(chunk)) await new Promise((resolve) => reply.once('drain', resolve).once('close', resolve));
    }
  }
  reply.end();
  if (!unread) return;
  message.resume();
  setTimeout(() => message.destroy(), LINGER).unref();
}

const NO_HOST = 'the Host header must name this collector\n';

/** A listener for `node:http` (or for a server made with it, Vite's for one) that answers with a handler. */
export function nodeListener(
  handle: Handle,
  { hosts = null, addressHeader = null }: ListenerOptions = {},
): (message: IncomingMessage, reply: ServerResponse) => void {
  const answer = async (message: IncomingMessage, reply: ServerResponse): Promise<void> => {
    const host = message.headers.host ?? '';
    if (hosts !== null && !hosts.includes(host) && !hosts.includes(host.replace(/:\d+$/, ''))) {
      reply.writeHead(421, { 'content-type': 'text/plain', connection: 'close' }).end(NO_HOST);
      return;
    }
    await send(await handle(requestOf(message), senderOf(message, addressHeader)), message, reply);
  };
  return (message, reply) => {
    answer(message, reply).catch(() => {
      // Headers nobody can read, or the sender went away: there is nobody to tell more.
      if (reply.headersSent) reply.destroy();
      else reply.writeHead(400, { connection: 'close' }).end();
    });
  };
}

/** A server that reads slow senders no longer than it must. Not yet listening. */
export function nodeServer(handle: Handle, options: ListenerOptions = {}): Server {
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000 }, nodeListener(handle, options));
  server.keepAliveTimeout = 30_000;
  return server;
}
