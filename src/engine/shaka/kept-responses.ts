import type { HttpRequest, HttpResponse } from '../../net/http.ts';

/** Responses that need not be asked for twice within a session. */
export interface KeptResponses {
  find(request: HttpRequest): HttpResponse | null;
  keep(request: HttpRequest, response: HttpResponse): void;
}

/** Initialization segments and complete playlists of this many renditions and tracks are kept; beyond that, the latest. */
const MOST_KEPT = 60;

/** A playlist that has its end will not change (RFC 8216, 4.3.3.4). */
const isComplete = ({ body }: HttpResponse): boolean => new TextDecoder().decode(body).includes('#EXT-X-ENDLIST');

/**
 * Shaka throws a rendition's playlist and initialization segment away when it leaves the rendition, and asks for both when it
 * comes back: one more wait for the network in each switch, just when it is short. What cannot change is kept here instead.
 */
export function keptResponses(): KeptResponses {
  const kept = new Map<string, HttpResponse>();
  const keyOf = ({ url, headers, method }: HttpRequest): string => {
    const range = Object.entries(headers).find(([name]) => name.toLowerCase() === 'range')?.[1] ?? '';
    return `${method} ${url} ${range}`;
  };
  return {
    find: (request) => kept.get(keyOf(request)) ?? null,
    keep(request, response) {
      if (request.kind !== 'init' && !(request.kind === 'playlist' && isComplete(response))) return;
      kept.set(keyOf(request), response);
      const [oldest] = kept.keys();
      if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    },
  };
}
