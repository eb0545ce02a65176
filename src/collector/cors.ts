/** s a browser remembers a preflight: Chromium's most. */
const PREFLIGHT_AGE = 7200;

const vary = { vary: 'Origin' };

/**
 * What lets a page of another origin hear the answer. The exact origin and not `*`: sendBeacon always sends credentials,
 * and a browser refuses `*` then. The collector sets and reads no cookies, so this gives nothing away.
 *
 * @param allowed origins that may, null for all
 */
export function corsHeaders(request: Request, allowed: readonly string[] | null): Record<string, string> {
  const origin = request.headers.get('origin');
  if (origin === null || !(allowed === null || allowed.includes(origin))) return vary;
  return {
    ...vary,
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    // Without this a page cannot see how long it was asked to wait.
    'access-control-expose-headers': 'Retry-After',
  };
}

/** The answer to a preflight. */
export function preflight(request: Request, allowed: readonly string[] | null, methods: string): Response {
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
