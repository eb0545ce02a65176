const PLAIN = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  // Nothing the collector answers is a page; should a browser be made to show it, it can do nothing.
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

/** JSON that no browser takes for anything else. */
export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(`${JSON.stringify(body)}\n`, {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...PLAIN, ...headers },
  });
}

/** A refusal: a sentence that names what was expected and what came. */
export function refuse(status: number, error: string, headers: Readonly<Record<string, string>> = {}): Response {
  return json(status, { error }, headers);
}

/** Not now: `wait` s, rounded up to whole ones as the header has it. */
export function later(status: 429 | 503, error: string, wait: number): Response {
  return refuse(status, error, { 'retry-after': String(Math.max(Math.ceil(wait), 1)) });
}

/** NDJSON. */
export function lines(text: string | ReadableStream<Uint8Array>): Response {
  return new Response(text, { headers: { 'content-type': 'application/x-ndjson; charset=utf-8', ...PLAIN } });
}
