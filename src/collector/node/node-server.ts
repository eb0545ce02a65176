import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { refuse } from '../answers.ts';
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

/** What is asked for, also by whoever writes the whole address into the request line (RFC 9112, 3.2.2). */
function pathOf(target: string): string {
  if (target.startsWith('/')) return target;
  const path = /^https?:\/\/[^/?#]*(.*)$/i.exec(target)?.[1] ?? '';
  return path.startsWith('/') ? path : `/${path}`;
}

function requestOf(message: IncomingMessage): Request {
  const headers = new Headers();
  for (let index = 0; index + 1 < message.rawHeaders.length; index += 2) {
    headers.append(message.rawHeaders[index] ?? '', message.rawHeaders[index + 1] ?? '');
  }
  const method = message.method ?? 'GET';
  const path = pathOf(message.url ?? '/');
  const hasBody = method === 'POST' || method === 'PUT' || method === 'PATCH';
  const init = { method, headers, ...(hasBody ? { body: bodyOf(message), duplex: 'half' } : {}) };
  return new Request(`http://collector${path}`, init as RequestInit);
}

/** Until a reader that is slower than we are has taken what there is, or has gone. */
function drained(reply: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      reply.off('drain', done).off('close', done);
      resolve();
    };
    reply.on('drain', done).on('close', done);
  });
}

async function send(response: Response, message: IncomingMessage, reply: ServerResponse): Promise<void> {
  const unread = !message.complete && message.method !== 'GET' && message.method !== 'HEAD';
  if (unread) reply.setHeader('connection', 'close');
  reply.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body && message.method !== 'HEAD') {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      if (reply.destroyed) break;
      if (!reply.write(chunk)) await drained(reply);
    }
  }
  reply.end();
  if (!unread) return;
  message.resume();
  setTimeout(() => message.destroy(), LINGER).unref();
}

/** What is wrong with a request that Node's parser gave up, by its code; anything else is malformed. */
const UNREADABLE: Readonly<Record<string, readonly [status: number, error: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'the headers must be at most 16 KiB'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'the extensions of chunks must be at most 16 KiB'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request must come within 30 s, its headers within 10 s'],
};

/** Tells whoever sent what is no HTTP request why it is not read, and hangs up. */
function answerUnreadable(failure: Error & { readonly code?: string }, socket: Duplex, reply?: ServerResponse): void {
  // Gone, or in the middle of an answer: another one would be taken for a part of it.
  if (!socket.writable || failure.code === 'ECONNRESET' || (reply?.headersSent && !reply.writableFinished)) {
    socket.destroy();
    return;
  }
  const malformed = [400, `the request must be well-formed HTTP/1.1, got ${failure.code ?? 'something else'}`] as const;
  const [status, error] = UNREADABLE[failure.code ?? ''] ?? malformed;
  const body = `${JSON.stringify({ error })}\n`;
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
}

/** Methods that anything here is asked with. */
const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'OPTIONS'];

/** A listener for `node:http` (or for a server made with it, Vite's for one) that answers with a handler. */
export function nodeListener(
  handle: Handle,
  { hosts = null, addressHeader = null }: ListenerOptions = {},
): (message: IncomingMessage, reply: ServerResponse) => void {
  const answer = async (message: IncomingMessage, reply: ServerResponse): Promise<void> => {
    const host = message.headers.host ?? '';
    if (hosts !== null && !hosts.includes(host) && !hosts.includes(host.replace(/:\d+$/, ''))) {
      await send(refuse(421, 'the Host header must name this collector'), message, reply);
      return;
    }
    if (!METHODS.includes(message.method ?? '')) {
      const error = `method must be one of ${METHODS.join(', ')}, got ${message.method}`;
      await send(refuse(405, error, { allow: METHODS.join(', ') }), message, reply);
      return;
    }
    await send(await handle(requestOf(message), senderOf(message, addressHeader)), message, reply);
  };
  return (message, reply) => {
    answer(message, reply).catch(async () => {
      // Headers nobody can read, or the sender went away: there is nobody to tell more.
      if (reply.headersSent) reply.destroy();
      else await send(refuse(400, 'the request cannot be read'), message, reply).catch(() => reply.destroy());
    });
  };
}

/** A server that reads slow senders no longer than it must. Not yet listening. */
export function nodeServer(handle: Handle, options: ListenerOptions = {}): Server {
  const limits = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 2000 };
  // Without a Host header the listener answers, and says why.
  const server = createServer({ ...limits, requireHostHeader: false }, nodeListener(handle, options));
  server.on('checkExpectation', (message, reply) => {
    const error = `expect must be 100-continue or absent, got ${String(message.headers.expect).slice(0, 40)}`;
    void send(refuse(417, error), message, reply);
  });
  const replies = new WeakMap<Duplex, ServerResponse>();
  server.on('request', (message, reply) => replies.set(message.socket, reply));
  server.on('clientError', (failure, socket) => answerUnreadable(failure, socket, replies.get(socket)));
  server.keepAliveTimeout = 30_000;
  return server;
}
