import type { Clock } from '../media/clock.ts';
import { PlayerError } from '../media/player-error.ts';
import { redactUrl } from '../media/redact-url.ts';
import { type CacheWatch, watchCache } from './cache-watch.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from './http.ts';

/** `aborted` as the error it is, keeping who asked for it. */
export function abortError(signal: AbortSignal, url?: string): PlayerError {
  return new PlayerError('ABORTED', 'request aborted', { cause: signal.reason, url });
}

/** Runs `work` under one signal that also fires when a limit set with `limit(seconds, error)` passes. */
async function withLimits<T>(
  clock: Clock,
  outer: AbortSignal,
  work: (signal: AbortSignal, limit: (delay: number, error: () => PlayerError) => void) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(outer.reason);
  let cancel = (): void => {};
  outer.addEventListener('abort', onAbort, { once: true });
  try {
    return await work(controller.signal, (delay, error) => {
      cancel();
      cancel = clock.after(delay, () => controller.abort(error()));
    });
  } catch (failure) {
    const { reason } = controller.signal;
    throw !outer.aborted && reason instanceof PlayerError ? reason : failure;
  } finally {
    cancel();
    outer.removeEventListener('abort', onAbort);
  }
}

const join = (pieces: readonly Uint8Array[], bytes: number): ArrayBuffer => {
  const body = new Uint8Array(bytes);
  let offset = 0;
  for (const piece of pieces) {
    body.set(piece, offset);
    offset += piece.byteLength;
  }
  return body.buffer;
};

/** Content-Length counts bytes of the body only where the body is not compressed. */
function totalBytesOf(headers: Headers): number | null {
  const length = headers.get('content-length');
  return length === null || headers.has('content-encoding') ? null : Number(length);
}

/** s the server asked to wait (Retry-After in seconds or as a date), null if it did not. */
function retryAfterOf(headers: Headers): number | null {
  const value = headers.get('retry-after');
  if (value === null) return null;
  if (/^\d+$/.test(value.trim())) return Number(value);
  const date = Date.parse(value);
  const served = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(date) || Number.isNaN(served) ? null : Math.max((date - served) / 1000, 0);
}

async function attempt(
  request: HttpRequest,
  clock: Clock,
  cache: CacheWatch,
  signal: AbortSignal,
  limit: (delay: number, error: () => PlayerError) => void,
): Promise<HttpResponse> {
  const { url, timeouts } = request;
  const place = redactUrl(url);
  const start = clock.now();
  limit(
    timeouts.firstByte,
    () => new PlayerError('TIMEOUT_FIRST_BYTE', `no response from ${place} within ${timeouts.firstByte} s`, { url }),
  );
  const response = await fetch(url, {
    method: request.method,
    headers: request.headers,
    body: request.body,
    credentials: request.credentials,
    signal,
  });
  const firstByte = clock.now();
  const headers = Object.fromEntries(response.headers);
  request.onHeaders?.(headers, response.status);
  if (!response.ok) {
    await response.body?.cancel().catch(() => {});
    throw new PlayerError('HTTP_STATUS', `${place} answered ${response.status}`, {
      url,
      status: response.status,
      retryAfter: retryAfterOf(response.headers),
    });
  }
  const totalBytes = totalBytesOf(response.headers);
  const stalled = (): PlayerError =>
    new PlayerError('TIMEOUT_STALLED', `${place} sent nothing for ${timeouts.stall} s`, {
      url,
      status: response.status,
    });
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  const reader = response.body?.getReader();
  for (;;) {
    limit(timeouts.stall, stalled);
    const piece = await reader?.read();
    if (piece === undefined || piece.done) break;
    pieces.push(piece.value);
    bytes += piece.value.byteLength;
    request.onProgress?.({ bytes, totalBytes, start, firstByte });
  }
  const end = clock.now();
  const fromCache = cache.wasCached(response.url || url, { start, firstByte, end, bytes });
  return {
    url: response.url || url,
    status: response.status,
    headers,
    body: join(pieces, bytes),
    start,
    firstByte,
    end,
    fromCache,
  };
}

/**
 * The innermost handler: `fetch`, read piece by piece, with limits on the first byte and on silence after it.
 * Works in pages and in workers.
 */
export function fetchHandler(clock: Clock): { readonly handler: HttpHandler; readonly destroy: () => void } {
  const cache = watchCache();
  const handler: HttpHandler = async (request, signal) => {
    if (signal.aborted) throw abortError(signal, request.url);
    try {
      return await withLimits(clock, signal, (inner, limit) => attempt(request, clock, cache, inner, limit));
    } catch (failure) {
      if (failure instanceof PlayerError) throw failure;
      if (signal.aborted) throw abortError(signal, request.url);
      const place = redactUrl(request.url);
      throw new PlayerError('NETWORK_FAILED', `${place} could not be fetched`, { cause: failure, url: request.url });
    }
  };
  return { handler, destroy: cache.destroy };
}
