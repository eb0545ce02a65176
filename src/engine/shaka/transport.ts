import shaka from 'shaka-player/dist/shaka-player.compiled-es2021.js';
import type { Clock } from '../../media/clock.ts';
import type { RequestKind, SegmentReference } from '../../media/playback-event.ts';
import { PlayerError } from '../../media/player-error.ts';
import {
  type HttpHandler,
  type HttpProgress,
  type HttpRequest,
  type HttpResponse,
  httpRequest,
} from '../../net/http.ts';
import { keptResponses } from './kept-responses.ts';
import { requestKind } from './request-kind.ts';
import type { ShakaSegment } from './segment-facts.ts';
import type { RequestRoute } from './shaka-page.ts';
import { DIVERTED, type ShakaRequest } from './shaka-request.ts';
import type { Stream } from './variants.ts';

const { Severity, Category, Code } = shaka.util.Error;

/** What the engine does around a request. */
export interface TransportParts {
  readonly http: HttpHandler;
  readonly clock: Clock;
  /** `segment` is null for an initialization segment. */
  refer(stream: Stream, segment: ShakaSegment | null): SegmentReference;
  /** Lets a request go, when its time has come; throws {@link DIVERTED} to have shaka ask again. */
  admit(request: ShakaRequest, signal: AbortSignal): Promise<void>;
  /** It left, with what reads its progress (null before the first byte; undefined when it is over). */
  sent(request: ShakaRequest, progress: () => HttpProgress | null | undefined): void;
  /** Throws a PlayerError if shaka must not have it: then the request failed. */
  received(request: ShakaRequest, response: HttpResponse): void;
  /** An admitted request is over, one way or the other. */
  over(request: ShakaRequest): void;
  /** It failed for good (not: it was aborted). */
  failed(request: ShakaRequest, failure: PlayerError): FailureAnswer;
}

/**
 * What shaka is told of a request that failed: look for another stream, ask the same one again, or (a body) nothing: this takes the
 * place of what could not be had.
 */
export type FailureAnswer = 'elsewhere' | 'later' | ArrayBuffer;

/** A request that failed in the pipeline. */
export interface PipelineFailure {
  readonly kind: RequestKind;
  readonly failure: PlayerError;
}

/** The way of shaka's requests through the pipeline. */
export interface Transport {
  readonly route: RequestRoute;
  /** What the pipeline said of a request whose failure shaka reports; null for errors of shaka's own. */
  failureBehind(error: unknown): PipelineFailure | null;
}

const abortedError = (): shaka.util.Error =>
  new shaka.util.Error(Severity.RECOVERABLE, Category.PLAYER, Code.OPERATION_ABORTED);

/** As the error that makes shaka do as it is told: of TIMEOUT it asks again when told to, of others it disables the stream. */
function networkError(
  failure: PlayerError,
  uri: string,
  type: number,
  answer: 'elsewhere' | 'later',
): shaka.util.Error {
  const { RECOVERABLE } = Severity;
  if (answer === 'later') return new shaka.util.Error(RECOVERABLE, Category.NETWORK, Code.TIMEOUT, uri, type);
  return failure.code === 'HTTP_STATUS'
    ? new shaka.util.Error(RECOVERABLE, Category.NETWORK, Code.BAD_HTTP_STATUS, uri, failure.status, '', {}, type, uri)
    : new shaka.util.Error(RECOVERABLE, Category.NETWORK, Code.HTTP_ERROR, uri, failure, type);
}

/** Tells shaka of bytes as its own plugin does: at most every 100 ms, and of what is left at the end. */
function progressTeller(clock: Clock, minBytes: number, tell: shaka.extern.ProgressUpdated) {
  let at = clock.now();
  let told = 0;
  const step = (bytes: number, remaining: number): void => {
    const now = clock.now();
    tell((now - at) * 1000, bytes - told, remaining);
    at = now;
    told = bytes;
  };
  return {
    progress({ bytes, totalBytes }: HttpProgress): void {
      // A second attempt begins again at 0.
      if (bytes < told) told = 0;
      if (clock.now() - at > 0.1 && bytes - told >= minBytes) step(bytes, Math.max((totalBytes ?? bytes) - bytes, 0));
    },
    end: (bytes: number): void => step(bytes, 0),
  };
}

const METHODS = new Set<string>(['GET', 'HEAD', 'POST']);

function toHttpRequest(uri: string, request: shaka.extern.Request, { kind, reference }: ShakaRequest): HttpRequest {
  const { method, headers, body, allowCrossSiteCredentials } = request;
  if (!METHODS.has(method)) throw new PlayerError('ENGINE_FAILED', `method must be GET, HEAD or POST, got "${method}"`);
  return httpRequest(uri, kind, {
    method: method as HttpRequest['method'],
    headers,
    body: body as HttpRequest['body'],
    credentials: allowCrossSiteCredentials ? 'include' : 'same-origin',
    segment: reference,
  });
}

const toResponse = (uri: string, request: shaka.extern.Request, response: HttpResponse): shaka.extern.Response => ({
  uri: response.url,
  originalUri: uri,
  data: response.body,
  headers: { ...response.headers },
  status: response.status,
  fromCache: response.fromCache,
  timeMs: (response.end - response.start) * 1000,
  originalRequest: request,
});

const standIn = (uri: string, request: shaka.extern.Request, data: ArrayBuffer): shaka.extern.Response => ({
  uri,
  originalUri: uri,
  data,
  headers: {},
  status: 200,
  originalRequest: request,
});

/** Carries shaka's requests through the pipeline: bytes, progress and aborts in, shaka's own errors out. */
export function transport(parts: TransportParts): Transport {
  const failures = new WeakMap<object, PipelineFailure>();
  const kept = keptResponses();
  const read = (type: number, context: shaka.extern.RequestContext | null): ShakaRequest => {
    const stream = context?.stream ?? null;
    const segment = context?.segment ?? null;
    const kind = requestKind(type, context?.type, stream?.type);
    const isSegment = kind === 'segment' || kind === 'init' || kind === 'subtitle';
    return { kind, stream, segment, reference: stream && isSegment ? parts.refer(stream, segment) : null };
  };

  const route: RequestRoute = (uri, request, type, context, progressUpdated, headersReceived, config) => {
    const own = read(type, context);
    const aborting = new AbortController();
    const { signal } = aborting;
    const teller = progressTeller(parts.clock, config.minBytesForProgressEvents ?? 0, progressUpdated);
    let progress: HttpProgress | null | undefined = null;
    const exchange: HttpRequest = {
      ...toHttpRequest(uri, request, own),
      onHeaders: (headers) => headersReceived({ ...headers }),
      onProgress: (now) => {
        progress = now;
        teller.progress(now);
      },
    };

    const send = async (): Promise<HttpResponse> => {
      const before = kept.find(exchange);
      if (before !== null) return { ...before, fromCache: true };
      await parts.admit(own, signal);
      try {
        parts.sent(own, () => progress);
        return await parts.http(exchange, signal);
      } finally {
        progress = undefined;
        parts.over(own);
      }
    };

    const fail = (failure: unknown): shaka.extern.Response => {
      if (failure === DIVERTED || signal.aborted) throw abortedError();
      const known =
        failure instanceof PlayerError
          ? failure
          : new PlayerError('ENGINE_FAILED', String(failure), { cause: failure });
      if (known.code === 'ABORTED') throw abortedError();
      const answer = parts.failed(own, known);
      if (typeof answer !== 'string') return standIn(uri, request, answer);
      const error = networkError(known, uri, type, answer);
      failures.set(error, { kind: own.kind, failure: known });
      throw error;
    };

    const run = async (): Promise<shaka.extern.Response> => {
      let response: HttpResponse;
      try {
        response = await send();
        parts.received(own, response);
        kept.keep(exchange, response);
      } catch (failure) {
        return fail(failure);
      }
      teller.end(response.body.byteLength);
      return toResponse(uri, request, response);
    };

    return new shaka.util.AbortableOperation(run(), () => {
      aborting.abort(new PlayerError('ABORTED', 'shaka gave the request up'));
      return Promise.resolve();
    });
  };

  return {
    route,
    failureBehind: (error) => (typeof error === 'object' && error !== null ? (failures.get(error) ?? null) : null),
  };
}
