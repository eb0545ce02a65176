/** s a browser remembers a preflight: Chromium's most. */
const PREFLIGHT_AGE = 7200;

/** Origins of pages that may: null is all, a list names them, a function says of each. */
export type Origins = readonly string[] | ((origin: string) => boolean) | null;

function isAllowed(origins: Origins, origin: string): boolean {
  if (origins === null) return true;
  return typeof origins === 'function' ? origins(origin) : origins.includes(origin);
}

const vary = { vary: 'Origin' };

/**
 * What lets a page of another origin hear the answer. The exact origin and not `*`: sendBeacon always sends credentials,
 * and a browser refuses `*` then. The collector sets and reads no cookies, so this gives nothing away.
 */
export function corsHeaders(request: Request, allowed: Origins): Record<string, string> {
  const origin = request.headers.get('origin');
  if (origin === null || !isAllowed(allowed, origin)) return vary;
  return {
    ...vary,
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    // Without this a page cannot see how long it was asked to wait.
    'access-control-expose-headers': 'Retry-After',
  };
}

/** The answer to a preflight. */
export function preflight(request: Request, allowed: Origins, methods: string): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...corsHeaders(request, allowed),
      'access-control-allow-methods': methods,
      'access-control-allow-headers': 'content-type, content-encoding, authorization',
      'access-control-max-age': String(PREFLIGHT_AGE),
    },
  });
}
