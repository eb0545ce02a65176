import type { PlaybackEvent } from '../../media/playback-event.ts';
import { PlayerError } from '../../media/player-error.ts';
import type { HttpHandler, HttpRequest, HttpResponse, Middleware } from '../../net/http.ts';
import { compose } from '../../net/http.ts';
import type { Consent, FactSource } from '../beacons.ts';
import type { DeliveryStats } from '../delivery/delivery.ts';
import type { DeliveryEnvironment } from '../delivery/delivery-environment.ts';
import { type CmcdEventOptions, type CmcdEvents, createCmcdEvents } from './cmcd-events.ts';
import type { CmcdData } from './cmcd-keys.ts';
import { CMCD_KINDS, type CmcdRequestOptions, cmcdMiddleware, objectData } from './cmcd-requests.ts';
import { type CmcdView, EMPTY_VIEW, look, newDestination } from './cmcd-view.ts';

/** What of CMCD is sent. */
export interface CmcdOptions {
  /** Names the content, the same in all sessions; at most 128 characters. Default null: not said. */
  readonly contentId?: string | null | ((src: string) => string | null);
  /** On requests. Default version 2 in the query; null for none. */
  readonly requests?: CmcdRequestOptions | null;
  /** Reports of events. Default null: none. */
  readonly events?: CmcdEventOptions | null;
  /** To event reports. Default `granted`, or `denied` where the browser says so (Global Privacy Control). */
  readonly consent?: Consent;
}

/** Common Media Client Data of one player (CTA-5004-B). */
export interface Cmcd {
  /** For the player's `middlewares`. */
  readonly middleware: Middleware;
  /** Follows the player; do it before it loads. @throws TypeError if it follows another already */
  attach(source: FactSource): () => void;
  /** Reports an event of the app's own (`ce`) to the targets that want it; at most 64 characters. */
  event(name: string, data?: CmcdData): void;
  /** Of event reports: what requests carry is a part of asking for media. */
  setConsent(consent: Consent): void;
  flush(): Promise<void>;
  /** Of the deliveries to the targets, by URL. */
  readonly stats: Readonly<Record<string, DeliveryStats>>;
  destroy(): Promise<void>;
}

const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** What the response itself says that a report may carry on: CMSD (CTA-5006), as it came. */
function responseHeaders({ headers }: HttpResponse): CmcdData {
  const dynamic = headers['cmsd-dynamic'];
  const fixed = headers['cmsd-static'];
  return {
    ...(dynamic === undefined ? {} : { cmsdd: base64(dynamic) }),
    ...(fixed === undefined ? {} : { cmsds: base64(fixed) }),
  };
}

/** A URL as a report may have it: absolute, and without query, fragment and credentials; null if it is none. */
function reportedUrl(url: string): string | null {
  try {
    const { origin, pathname } = new URL(url, (globalThis as { location?: { href: string } }).location?.href);
    return origin === 'null' ? null : `${origin}${pathname}`;
  } catch {
    return null;
  }
}

/** Reports each response as an event (`rr`), the ones that never came too. */
function responseMiddleware(events: CmcdEvents, view: () => CmcdView, epoch: () => number): Middleware {
  return (next: HttpHandler) => async (request: HttpRequest, signal: AbortSignal) => {
    const seen = view();
    const sid = seen.timeline.sessionId;
    const url = CMCD_KINDS.includes(request.kind) ? reportedUrl(request.url) : null;
    if (sid === null || url === null) return next(request, signal);
    const ts = epoch();
    let status = 0;
    const onHeaders: HttpRequest['onHeaders'] = (headers, code) => {
      status = code;
      request.onHeaders?.(headers, code);
    };
    const tell = (data: CmcdData): void =>
      events.response({ sid, url, data: { ...objectData(request, seen), ts, ...data } });
    try {
      const response = await next({ ...request, onHeaders }, signal);
      const { start, firstByte, end } = response;
      const times = { ttfb: (firstByte - start) * 1000, ttlb: (end - start) * 1000 };
      tell({ rc: response.status, ...times, ...responseHeaders(response) });
      return response;
    } catch (failure) {
      tell({ rc: failure instanceof PlayerError && failure.status !== null ? failure.status : status });
      throw failure;
    }
  };
}

/**
 * Makes CMCD for a player, in a given environment; in a page, `createCmcd` gives it.
 *
 * @param environment  surroundings by the name of a delivery: each has a store of its own
 * @throws TypeError or RangeError naming the option that cannot work
 */
export function cmcdIn(environment: (name: string) => DeliveryEnvironment, options: CmcdOptions = {}): Cmcd {
  const { contentId = null, requests = {}, events: eventOptions = null } = options;
  const env = environment('sluice-cmcd');
  let view = EMPTY_VIEW;
  let destination = newDestination();
  let source: FactSource | null = null;

  const nameOf = (): string | null => (typeof contentId === 'function' ? contentId(view.src) : contentId);
  const events = eventOptions === null ? null : createCmcdEvents(env, environment, nameOf, eventOptions);
  events?.setConsent(options.consent ?? 'granted');
  const session = { view: () => view, destination: () => destination, contentId: nameOf, hidden: env.hidden };
  const parts = [
    requests === null ? null : cmcdMiddleware(session, requests),
    events === null ? null : responseMiddleware(events, session.view, env.epoch),
  ].filter((part) => part !== null);

  const take = (event: PlaybackEvent): void => {
    const before = view;
    view = look(view, event);
    if (view.timeline.sessionId !== before.timeline.sessionId) destination = newDestination();
    events?.fact(event, before, view);
  };

  return {
    middleware: compose(...parts),
    attach(next) {
      if (source !== null) throw new TypeError('CMCD follows one player, and was attached already');
      source = next;
      for (const event of [...next.events]) take(event);
      const subscription = next.events$.subscribe(take);
      return () => {
        subscription.unsubscribe();
        source = null;
      };
    },
    event: (name, data = {}) => events?.custom(name, data),
    setConsent: (consent) => events?.setConsent(consent),
    flush: async () => events?.flush(),
    get stats() {
      return events?.stats ?? {};
    },
    destroy: async () => events?.destroy(),
  };
}
