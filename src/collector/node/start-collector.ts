import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Collector, type CollectorOptions, createCollector } from '../collector.ts';
import type { EventStore } from '../event-store.ts';
import { type Handle, nodeListener, nodeServer } from './node-server.ts';
import type { SqliteBinding } from './sqlite-driver.ts';
import { sqliteStore } from './sqlite-store.ts';

/** Names of this machine to itself. */
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'] as const;
/** ms between looks at what must be projected, and at what is too old. */
const PROJECT_EVERY = 1000;
const EXPIRE_EVERY = 600_000;
/** ms that requests under way have when the collector is closed. */
const PATIENCE = 5000;
/** ms spent projecting before others get their turn. */
const PROJECT_FOR = 100;

/** How a collector is started. Besides what is here, everything a collector can be told. */
export interface StartOptions extends Omit<CollectorOptions, 'store'> {
  /** The SQLite database file; made if it is not there. Either this or `store`. */
  readonly file?: string;
  /** A store that is open already, in the place of a file; closed with the collector. */
  readonly store?: EventStore;
  /** Where to listen; 0 is any free port, null is not at all: then mount `listener`. Default 0. */
  readonly port?: number | null;
  /** Address to listen on. Default 127.0.0.1: this machine only. Any other asks for `readKeys`. */
  readonly host?: string;
  readonly binding?: SqliteBinding;
  readonly durability?: 'full' | 'normal';
  /** See `node-server.ts`. */
  readonly addressHeader?: string | null;
  /**
   * Whether to keep summaries and roll-ups up to date and to remove what is too old; false where another process does that for the same
   * store. Default true.
   */
  readonly background?: boolean;
  /** Answers what the collector does not know: pages, for instance. Null is: not mine. */
  readonly pages?: ((request: Request) => Promise<Response | null>) | null;
}

/** A collector at work. */
export interface RunningCollector {
  readonly collector: Collector;
  readonly store: EventStore;
  /** Where it listens: `http://127.0.0.1:8787`; null if it does not. */
  readonly url: string | null;
  /** For a server of one's own: answers `/v1/…` and `/healthz`. */
  readonly listener: ReturnType<typeof nodeListener>;
  /** Ends what is under way, answers it, and closes the file. */
  close(): Promise<void>;
}

const isLoopback = (host: string): boolean =>
  host === '::1' || host === 'localhost' || /^127(\.\d{1,3}){3}$/.test(host);

/** Whether an origin is a page that this machine serves to itself. */
function isLocalPage(origin: string): boolean {
  try {
    const { hostname } = new URL(origin);
    return hostname === '[::1]' || isLoopback(hostname);
  } catch {
    return false;
  }
}

function listen(server: Server, port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const { address, family, port: taken } = server.address() as AddressInfo;
      resolve(`http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`);
    });
  });
}

/** Takes no more requests, lets those under way be answered, and hangs up on whoever takes too long. */
function endServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const idle = setInterval(() => server.closeIdleConnections(), 50);
    const late = setTimeout(() => server.closeAllConnections(), PATIENCE);
    server.close(() => {
      clearInterval(idle);
      clearTimeout(late);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** Calls `work` again and again, `pause` ms after it is done. What fails is tried again next time. */
function every(pause: number, work: () => Promise<void>): () => Promise<void> {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const next = (): void => {
    if (stopped) return;
    timer = setTimeout(() => {
      running = work().catch(() => undefined);
      void running.then(next);
    }, pause);
    timer.unref();
  };
  next();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await running;
  };
}

/** Projects until nothing is left or the time is up, a few sessions at a time so that requests get in between. */
async function projectAWhile(collector: Collector): Promise<void> {
  const end = Date.now() + PROJECT_FOR;
  while ((await collector.project()) > 0 && Date.now() < end) await new Promise(setImmediate);
}

/**
 * Starts a collector over a SQLite file (or a store of one's own): opens it, listens, and keeps summaries and roll-ups up
 * to date.
 *
 * @throws TypeError if it would listen to other machines without `readKeys`, or has no file and no store
 * @throws Error if the file is in use or the port is taken
 */
export async function startCollector(options: StartOptions): Promise<RunningCollector> {
  const { file, store: given, port = 0, host = '127.0.0.1', addressHeader = null, pages = null, ...rest } = options;
  const { binding, durability, background = true, ...told } = rest;
  const sqlite = { ...(binding === undefined ? {} : { binding }), ...(durability === undefined ? {} : { durability }) };
  const local = isLoopback(host);
  if (!local && (told.readKeys ?? null) === null) {
    throw new TypeError(`readKeys must be given to listen on ${host}: otherwise anybody could read every session`);
  }
  if ((file === undefined) === (given === undefined)) throw new TypeError('either file or store must be given');
  const store = given ?? (await sqliteStore({ file: file ?? '', ...sqlite }));
  const collector = createCollector({ ...(local ? { readOrigins: isLocalPage } : {}), ...told, store });
  const handle: Handle = async (request, sender) => {
    const page = pages === null ? null : await pages(request);
    return page ?? collector.handle(request, sender);
  };
  const reading = { hosts: local ? LOOPBACK : null, addressHeader };
  const server = port === null ? null : nodeServer(handle, reading);
  const expireAll = async (): Promise<void> => {
    while ((await collector.expire()) > 0);
  };
  const stops = background
    ? [every(PROJECT_EVERY, () => projectAWhile(collector)), every(EXPIRE_EVERY, expireAll)]
    : [];
  const close = async (): Promise<void> => {
    if (server) await endServer(server);
    await Promise.all(stops.map((stop) => stop()));
    await store.close();
  };
  try {
    const url = server && port !== null ? await listen(server, port, host) : null;
    return { collector, store, url, listener: nodeListener(handle, reading), close };
  } catch (failure) {
    await close();
    throw failure;
  }
}
