import type { Clock } from '../../media/clock.ts';
import { parseRefusal } from '../beacon-format.ts';

/** How a body is sent. `timeout` is s until the answer is complete. */
export interface PostOptions {
  readonly contentType: string;
  /** Sent besides the content type. */
  readonly headers: Readonly<Record<string, string>>;
  readonly compress: boolean;
  /** Let the request outlive the page: for bodies of the exit path, within the browser's quota. */
  readonly keepalive: boolean;
  readonly timeout: number;
}

/**
 * What an answer means for what was sent: `stored`; `refused`, with the numbers (from 1) of the lines that are wrong, null when all of
 * it is; `tooLarge`; `gone`: never again; `unauthorized`; `uncompressed`: again without gzip; `later`, not before
 * `retryAfter` s if the server said so, `slower` if it asked for fewer requests.
 */
export type PostOutcome =
  | { readonly kind: 'stored' | 'tooLarge' | 'gone' | 'unauthorized' | 'uncompressed' }
  | { readonly kind: 'refused'; readonly lines: readonly number[] | null }
  | { readonly kind: 'later'; readonly retryAfter: number | null; readonly slower: boolean };

/** What {@link post} needs of its surroundings; `onPayload` is told the bytes of each body as sent. */
export interface PostParts {
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly onPayload?: (bytes: number) => void;
}

/** Below this, bytes, gzip saves less than the preflight of its header may cost. */
const WORTH_COMPRESSING = 1024;

const LATER = new Set([408, 425, 429]);

/** s the server asked to wait: Retry-After in seconds, or as a date against the server's own clock. */
export function retryAfterOf(headers: Headers): number | null {
  const value = headers.get('retry-after')?.trim();
  if (value === undefined) return null;
  if (/^\d+$/.test(value)) return Number(value);
  const until = Date.parse(value);
  const served = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(until) || Number.isNaN(served) ? null : Math.max((until - served) / 1000, 0);
}

async function outcomeOf(response: Response, compressed: boolean): Promise<PostOutcome> {
  const { status } = response;
  if (response.ok) return { kind: 'stored' };
  if (status === 410) return { kind: 'gone' };
  if (status === 413) return { kind: 'tooLarge' };
  if (status === 401 || status === 403) return { kind: 'unauthorized' };
  if (status === 415 && compressed) return { kind: 'uncompressed' };
  if (status >= 500 || LATER.has(status)) {
    return { kind: 'later', retryAfter: retryAfterOf(response.headers), slower: status === 429 };
  }
  // Only a 400 looks at the body; any other answer is about the request as a whole.
  const refusal = status === 400 ? parseRefusal(await response.text()) : null;
  return { kind: 'refused', lines: refusal?.lines ?? null };
}

async function gzip(body: string): Promise<ArrayBuffer> {
  const stream = new Blob([body]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Response(stream).arrayBuffer();
}

/** Whether this browser has what {@link post} compresses with. */
export const canCompress = (): boolean => typeof CompressionStream === 'function';

/**
 * Sends a body and says what became of it. A connection that fails, a server that hangs and an abort are all `later`:
 * it is not known whether the body arrived, so it has to go again. Never rejects.
 */
export async function post(
  { fetch, clock, onPayload }: PostParts,
  url: string,
  body: string,
  { contentType, headers, compress, keepalive, timeout }: PostOptions,
  signal: AbortSignal,
): Promise<PostOutcome> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const cancelTimer = clock.after(timeout, abort);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    const compressed = compress && body.length >= WORTH_COMPRESSING;
    // Not a microtask earlier than needed: an exit body has to leave before this function first waits.
    const payload = new Blob([compressed ? await gzip(body) : body]);
    onPayload?.(payload.size);
    const response = await fetch(url, {
      method: 'POST',
      body: payload,
      headers: { ...headers, 'content-type': contentType, ...(compressed ? { 'content-encoding': 'gzip' } : {}) },
      credentials: 'omit',
      cache: 'no-store',
      keepalive,
      signal: controller.signal,
      priority: 'low',
    });
    const outcome = await outcomeOf(response, compressed);
    if (!response.bodyUsed) response.body?.cancel().catch(() => {});
    return outcome;
  } catch {
    return { kind: 'later', retryAfter: null, slower: false };
  } finally {
    cancelTimer();
    signal.removeEventListener('abort', abort);
  }
}
