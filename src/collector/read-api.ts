import { isSessionId } from '../telemetry/beacon-format.ts';
import { json, lines, refuse } from './answers.ts';
import type { Dimension, EventStore, Filter, SessionQuery, StoredSession, Window } from './event-store.ts';
import { experimentResult } from './experiment-result.ts';
import { overview } from './overview.ts';
import { HISTORY_ENTRIES, HISTORY_WITHIN, viewingHistory } from './viewing-history.ts';

const HOUR = 3_600_000;
/** Longest window that can be asked for, ms: a little more than facts are kept. */
const LONGEST_WINDOW = 92 * 24 * HOUR;
/** Facts read at a time when a session is sent. */
const PAGE = 5000;
const DIMENSIONS: readonly Dimension[] = ['strategy', 'engine', 'host', 'rendition'];

/** A question that cannot be answered as it was put: the answer is 400 with this sentence. */
class BadQuestion extends Error {
  override readonly name = 'BadQuestion';
}

/** Whole numbers of a query by name, those of `otherwise` where it does not say. */
function numbersOf<N extends string>(
  query: URLSearchParams,
  otherwise: Readonly<Record<N, number>>,
): Record<N, number> {
  const read = ([name, value]: [string, unknown]): [string, unknown] => {
    const text = query.get(name);
    if (text === null) return [name, value];
    if (!/^\d{1,15}$/.test(text))
      throw new BadQuestion(`${name} must be a whole number >= 0, got ${text.slice(0, 40)}`);
    return [name, Number(text)];
  };
  return Object.fromEntries(Object.entries(otherwise).map(read)) as Record<N, number>;
}

/** The window asked for in ms since the epoch; the hour before its end, and until now, where it is not told. */
function windowOf(query: URLSearchParams, now: number): Window {
  const { to } = numbersOf(query, { to: now });
  const { from } = numbersOf(query, { from: Math.max(to - HOUR, 0) });
  if (!(from < to)) throw new BadQuestion(`from must be before to, got ${from} and ${to}`);
  if (to - from > LONGEST_WINDOW) throw new BadQuestion(`from and to must be at most ${LONGEST_WINDOW} ms apart`);
  return { from, to };
}

const filterOf = (query: URLSearchParams): Filter =>
  Object.fromEntries(
    DIMENSIONS.flatMap((name) => {
      const value = query.get(name);
      return value === null || value === '' ? [] : [[name, value]];
    }),
  );

function sessionQuery(query: URLSearchParams, now: number): SessionQuery {
  const { limit } = numbersOf(query, { limit: 50 });
  const order = query.get('order') ?? 'newest';
  if (order !== 'newest' && order !== 'worst')
    throw new BadQuestion(`order must be newest or worst, got ${order.slice(0, 40)}`);
  return {
    ...windowOf(query, now),
    order,
    filter: filterOf(query),
    limit: Math.min(limit, 200),
  };
}

const factLines = ({ facts }: StoredSession): string => facts.map(({ fact }) => `${JSON.stringify(fact)}\n`).join('');

/** The facts of a session as the SDK's own log writes them, so that whatever reads one reads the other. Page by page: it may be long. */
async function factsOf(store: EventStore, sid: string): Promise<Response> {
  const first = await store.session(sid, 0, PAGE);
  if (first === null) return refuse(404, 'no such session');
  if (first.facts.length < PAGE) return lines(factLines(first));
  let page: StoredSession | null = first;
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (page !== null) controller.enqueue(encoder.encode(factLines(page)));
      const last = page?.facts.at(-1);
      page = last && page?.facts.length === PAGE ? await store.session(sid, last.seq + 1, PAGE) : null;
      if (page === null) controller.close();
    },
  });
  return lines(body);
}

async function sessionOf(store: EventStore, sid: string): Promise<Response> {
  const summary = await store.summary(sid);
  return summary === null ? refuse(404, 'no such session') : json(200, summary);
}

async function historyOf(store: EventStore, query: URLSearchParams, now: number): Promise<Response> {
  const sids = query.getAll('sid');
  if (sids.length === 0 || sids.length > HISTORY_ENTRIES || !sids.every(isSessionId))
    throw new BadQuestion(`sid must name 1 to ${HISTORY_ENTRIES} sessions, got ${sids.length}`);
  const { within } = numbersOf(query, { within: HISTORY_WITHIN });
  return json(200, { viewings: await viewingHistory(store, sids, within, now) });
}

async function experimentOf(store: EventStore, name: string, query: URLSearchParams, now: number): Promise<Response> {
  const control = query.get('control');
  const variants = await store.variants(name, windowOf(query, now));
  if (variants.length === 0) return refuse(404, 'no session of this time was exposed to such an experiment');
  if (control !== null && !variants.some(({ variant }) => variant === control))
    throw new BadQuestion(`control must be one of ${variants.map(({ variant }) => variant).join(', ')}`);
  return json(200, experimentResult(name, variants, control ?? undefined));
}

/**
 * Answers what may be asked of a store:
 *
 *   GET /v1/history?sid=…&sid=…&within how far these were watched, of the last `within` s (a day); only for whoever knows the ids
 *   GET /v1/overview?from&to           and ?strategy, ?engine, ?host, ?rendition
 *   GET /v1/sessions?order&limit       order newest or worst; window and filter as above
 *   GET /v1/sessions/{sid}             its summary
 *   GET /v1/sessions/{sid}/events      its facts, NDJSON
 *   GET /v1/experiments                names
 *   GET /v1/experiments/{name}?control its variants compared
 */
export async function read(store: EventStore, url: URL, now: number): Promise<Response> {
  const query = url.searchParams;
  try {
    const [version, what, name, more, ...rest] = url.pathname.split('/').slice(1).map(decodeURIComponent);
    if (version !== 'v1' || rest.length > 0) return refuse(404, 'no such resource');
    if (what === 'sessions' && name !== undefined) {
      if (!isSessionId(name)) return refuse(404, 'no such session');
      if (more === undefined) return await sessionOf(store, name);
      return more === 'events' ? await factsOf(store, name) : refuse(404, 'no such resource');
    }
    if (what === 'experiments' && name !== undefined && more === undefined)
      return await experimentOf(store, name, query, now);
    if (name !== undefined) return refuse(404, 'no such resource');
    switch (what) {
      case 'history':
        return await historyOf(store, query, now);
      case 'overview':
        return json(200, await overview(store, windowOf(query, now), filterOf(query), now));
      case 'sessions':
        return json(200, { sessions: await store.sessions(sessionQuery(query, now)) });
      case 'experiments':
        return json(200, { experiments: await store.experiments(windowOf(query, now)) });
      default:
        return refuse(404, 'no such resource');
    }
  } catch (failure) {
    if (failure instanceof BadQuestion) return refuse(400, failure.message);
    if (failure instanceof URIError) return refuse(400, 'the path is not well encoded');
    throw failure;
  }
}
