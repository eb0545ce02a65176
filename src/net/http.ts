import type { RequestKind, SegmentReference } from '../media/playback-event.ts';

/** Limits on one attempt, s. `firstByte`: until response headers; `stall`: without a byte of body. */
export interface HttpTimeouts {
  readonly firstByte: number;
  readonly stall: number;
}

/** What arrived so far; times are s on the session clock. */
export interface HttpProgress {
  readonly bytes: number;
  /** What all requests of the session brought since the first byte; known outside of the recorder. */
  readonly linkBytes?: number;
  /** From Content-Length; null when the server does not say. */
  readonly totalBytes: number | null;
  readonly start: number;
  readonly firstByte: number;
}

/** One request as the engines make it; every policy wraps the handler of it. */
export interface HttpRequest {
  readonly url: string;
  readonly kind: RequestKind;
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ArrayBuffer | ArrayBufferView<ArrayBuffer> | string | null;
  readonly credentials: 'omit' | 'same-origin' | 'include';
  /** Which media segment it is for; null for everything else. */
  readonly segment: SegmentReference | null;
  /** 1 for the first try of this request. */
  readonly attempt: number;
  readonly timeouts: HttpTimeouts;
  /** Called once for an attempt, when the headers are there. */
  readonly onHeaders?: (headers: Readonly<Record<string, string>>, status: number) => void;
  /** Called for every piece of body that arrives. */
  readonly onProgress?: (progress: HttpProgress) => void;
}

/** A complete response. Header names are lower case; times are s on the session clock. */
export interface HttpResponse {
  /** After redirects. */
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ArrayBuffer;
  readonly start: number;
  readonly firstByte: number;
  readonly end: number;
  /** Served by the browser's cache, so its speed says nothing of the network. */
  readonly fromCache: boolean;
}

/**
 * Bytes for a request. Rejects with a PlayerError: HTTP_STATUS, NETWORK_FAILED, TIMEOUT_FIRST_BYTE, TIMEOUT_STALLED, or
 * ABORTED when `signal` says so.
 */
export type HttpHandler = (request: HttpRequest, signal: AbortSignal) => Promise<HttpResponse>;

/** One shape for every policy: a handler around a handler. */
export type Middleware = (next: HttpHandler) => HttpHandler;

/** Middlewares as one; the first named is outermost. */
export function compose(...middlewares: readonly Middleware[]): Middleware {
  return (innermost) => middlewares.reduceRight((next, middleware) => middleware(next), innermost);
}

/** Limits used where a caller names none: the first byte within 10 s (as both engines have it), no 10 s without a byte after it. */
export const DEFAULT_TIMEOUTS: HttpTimeouts = { firstByte: 10, stall: 10 };

/** A request with everything but its URL and kind filled in: GET, no headers, same-origin credentials, default limits. */
export function httpRequest(url: string, kind: RequestKind, parts: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: 'GET',
    headers: {},
    body: null,
    credentials: 'same-origin',
    segment: null,
    attempt: 1,
    timeouts: DEFAULT_TIMEOUTS,
    ...parts,
    url,
    kind,
  };
}
