import type { QoeScorer } from '../qoe/qoe-scorer.ts';
import { weighted } from '../qoe/weighted.ts';
import { json, later, refuse } from './answers.ts';
import { corsHeaders, type Origins, preflight } from './cors.ts';
import type { EventStore } from './event-store.ts';
import { createIngest, DEFAULT_LIMITS, type IngestCounts, type IngestLimits, type Sender } from './ingest.ts';
import { createProjector } from './projector.ts';
import { read } from './read-api.ts';

const DAY = 86_400_000;
/** Sessions projected, and sessions removed for their age, at a time. */
const PROJECT_AT_ONCE = 25;
const EXPIRE_AT_ONCE = 50;

/** How a collector is set up. Only `store` must be said. */
export interface CollectorOptions {
  readonly store: EventStore;
  /** Keys that may send facts; null (the default) asks for none. They are in every page, so they identify and do not authorise. */
  readonly keys?: readonly string[] | null;
  /** Keys no longer in use: their senders are told to stop (410). */
  readonly retiredKeys?: readonly string[];
  /** Keys that may read, as `Authorization: Bearer …`; null (the default) asks for none: then something else must keep strangers out. */
  readonly readKeys?: readonly string[] | null;
  /** Origins whose pages may send; null (the default) is all. */
  readonly origins?: Origins;
  /** Origins whose pages may read, besides the collector's own. Default none. */
  readonly readOrigins?: Origins;
  /** What is taken, from whom; see {@link IngestLimits} for the defaults. */
  readonly limits?: Partial<IngestLimits>;
  /** Days that facts are kept after the last of their session came. Default 90. */
  readonly retentionDays?: number;
  /** Scores sessions. Default `weighted()`. */
  readonly scorer?: QoeScorer;
  /** ms since the epoch. Default `Date.now`. */
  readonly now?: () => number;
}

/** What came in, and what is there. */
export interface CollectorStatus {
  readonly store: string;
  readonly sessions: number;
  readonly facts: number;
  /** Sessions whose summaries and roll-ups are behind. */
  readonly behind: number;
  readonly ingest: Readonly<IngestCounts>;
}

/** A collector: a function from request to response, and the work that must be done in between. */
export interface Collector {
  /**
   * Answers a request; never rejects. Paths: POST `/v1/events`, GET as `read-api.ts` says, GET `/v1/status`, `/healthz`.
   *
   * @param sender where it came from, if that is known: an address is limited in rate, and kept nowhere
   */
  handle(request: Request, sender?: Sender): Promise<Response>;
  /** Brings summaries and roll-ups up to date for a while; call it every second or so. @returns sessions brought up to date */
  project(): Promise<number>;
  /** Makes all summaries and roll-ups anew from the facts; `project` then does the work. */
  rebuild(): Promise<void>;
  /** Removes sessions that are past the retention; call it now and then. @returns sessions removed */
  expire(): Promise<number>;
  status(): Promise<CollectorStatus>;
}

/** Compares in the same time wherever two texts differ. */
function sameText(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let index = 0; index < a.length; index += 1) difference |= a.charCodeAt(index) ^ b.charCodeAt(index % b.length);
  return difference === 0;
}

/**
 * Makes a collector over a store. It has no timers and opens nothing: mount `handle` wherever requests come in.
 *
 * @throws RangeError if retentionDays is not over 0
 */
export function createCollector(options: CollectorOptions): Collector {
  const { store, retentionDays = 90, now = Date.now, readKeys = null, origins = null, readOrigins = [] } = options;
  if (!(retentionDays > 0)) throw new RangeError(`retentionDays must be > 0 days, got ${retentionDays}`);
  const ingest = createIngest({
    store,
    keys: options.keys ?? null,
    retiredKeys: options.retiredKeys ?? [],
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    now,
  });
  const projector = createProjector(store, options.scorer ?? weighted());

  const mayRead = (request: Request): boolean => {
    if (readKeys === null) return true;
    const bearer = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
    return bearer !== undefined && readKeys.filter((key) => sameText(bearer, key)).length > 0;
  };

  const status = async (): Promise<CollectorStatus> => {
    const { sessions, facts, changed } = await store.size();
    return { store: store.name, sessions, facts, behind: changed, ingest: structuredClone(ingest.counts) };
  };

  const answerRead = async (request: Request, url: URL): Promise<Response> => {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return refuse(405, `method must be GET, got ${request.method}`, { allow: 'GET, HEAD, OPTIONS' });
    const open = url.pathname === '/healthz' || url.pathname === '/v1/history';
    if (!open && !mayRead(request))
      return refuse(401, 'a read key is needed: Authorization: Bearer …', { 'www-authenticate': 'Bearer' });
    if (url.pathname === '/healthz') return json(200, { ok: (await store.size()) !== null });
    if (url.pathname === '/v1/status') return json(200, await status());
    return read(store, url, now());
  };

  const answer = async (request: Request, url: URL, sender: Sender): Promise<Response> => {
    if (url.pathname !== '/v1/events') return answerRead(request, url);
    if (request.method === 'POST') return ingest.handle(request, sender);
    return refuse(405, `method must be POST, got ${request.method}`, { allow: 'POST, OPTIONS' });
  };

  return {
    async handle(request, sender = {}) {
      const url = new URL(request.url);
      const sends = url.pathname === '/v1/events' || url.pathname === '/v1/history';
      const allowed = sends ? origins : readOrigins;
      if (request.method === 'OPTIONS') return preflight(request, allowed, sends ? 'POST, GET' : 'GET');
      const response = await answer(request, url, sender).catch(() => later(503, 'the store does not answer', 5));
      for (const [name, value] of Object.entries(corsHeaders(request, allowed))) response.headers.set(name, value);
      return response;
    },
    project: () => projector.run(PROJECT_AT_ONCE),
    rebuild: () => store.forgetProjections(),
    expire: () => store.expire(now() - retentionDays * DAY, EXPIRE_AT_ONCE),
    status,
  };
}
