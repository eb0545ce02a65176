import type { HlsConfig, Loader, LoaderCallbacks, LoaderConfiguration, LoaderContext, LoaderStats } from 'hls.js';
import type { Clock } from '../../media/clock.ts';
import type { RequestKind, SegmentReference } from '../../media/playback-event.ts';
import { PlayerError } from '../../media/player-error.ts';
import {
  DEFAULT_TIMEOUTS,
  type HttpHandler,
  type HttpProgress,
  type HttpResponse,
  httpRequest,
} from '../../net/http.ts';

/** What hls.js loads with a context, in our words. */
export interface LoadDescription {
  readonly kind: RequestKind;
  readonly segment: SegmentReference | null;
}

/** What the loaders of one engine share. */
export interface HttpLoaderParts {
  readonly http: HttpHandler;
  readonly clock: Clock;
  readonly describe: (context: LoaderContext) => LoadDescription;
}

/** A loader while it loads, as the abandon watch reads it. Times are s on the session clock. */
export interface HttpLoad {
  readonly asked: number;
  readonly progress: HttpProgress | null;
  /** The request was answered, failed or was given up. */
  readonly over: boolean;
}

/** Loaders over our pipeline: the class for `config.loader`, and a promise for when none of them is at work any more. */
export interface HttpLoaders {
  readonly Loader: HlsConfig['loader'];
  idle(): Promise<void>;
}

/** Where hls.js hands on details of a failed request, ours carry the pipeline's error. */
export interface FailureDetails {
  readonly failure: PlayerError;
}

const emptyStats = (): LoaderStats => ({
  aborted: false,
  loaded: 0,
  retry: 0,
  total: 0,
  chunkCount: 0,
  bwEstimate: 0,
  loading: { start: 0, first: 0, end: 0 },
  parsing: { start: 0, end: 0 },
  buffering: { start: 0, first: 0, end: 0 },
});

const asPlayerError = (failure: unknown, url: string): PlayerError =>
  failure instanceof PlayerError
    ? failure
    : new PlayerError('NETWORK_FAILED', String(failure), { cause: failure, url });

const isTimeout = ({ code }: PlayerError): boolean => code === 'TIMEOUT_FIRST_BYTE' || code === 'TIMEOUT_STALLED';

/** The body as hls.js wants it. @throws SyntaxError for JSON that is none */
function decode(body: ArrayBuffer, responseType: string): ArrayBuffer | string | object {
  if (responseType === 'arraybuffer') return body;
  const text = new TextDecoder().decode(body);
  return responseType === 'json' ? (JSON.parse(text) as object) : text;
}

/** Range end is exclusive in hls.js and inclusive in HTTP. */
function headersOf({ headers, rangeStart, rangeEnd }: LoaderContext): Record<string, string> {
  return { ...headers, ...(rangeEnd ? { Range: `bytes=${rangeStart ?? 0}-${rangeEnd - 1}` } : {}) };
}

/** s to the first byte: ours, or hls.js's where it wants less (blocking playlist reloads). */
function firstByteLimit({ loadPolicy }: LoaderConfiguration): number {
  const limit = loadPolicy?.maxTimeToFirstByteMs;
  return limit > 0 && Number.isFinite(limit)
    ? Math.min(limit / 1000, DEFAULT_TIMEOUTS.firstByte)
    : DEFAULT_TIMEOUTS.firstByte;
}

/**
 * One loader class for everything hls.js fetches (playlists, segments, keys, steering), over the request pipeline. hls.js makes an
 * instance for each load. `stats` is one object that changes while bytes arrive; retries are the pipeline's.
 */
export function httpLoaders(parts: HttpLoaderParts): HttpLoaders {
  const { http, clock, describe: describeLoad } = parts;
  const working = new Set<Promise<void>>();

  class HttpLoader implements Loader<LoaderContext>, HttpLoad {
    context: LoaderContext | null = null;
    readonly stats = emptyStats();
    asked = 0;
    progress: HttpProgress | null = null;
    over = false;
    #callbacks: LoaderCallbacks<LoaderContext> | null = null;
    #headers: Readonly<Record<string, string>> = {};
    readonly #aborting = new AbortController();

    load(context: LoaderContext, config: LoaderConfiguration, callbacks: LoaderCallbacks<LoaderContext>): void {
      if (this.stats.loading.start !== 0) throw new Error('an HttpLoader loads once');
      this.stats.loading.start = performance.now();
      this.asked = clock.now();
      this.context = context;
      this.#callbacks = callbacks;
      const work = this.#run(context, config).finally(() => working.delete(work));
      working.add(work);
    }

    abort(): void {
      const callbacks = this.#callbacks;
      const { context } = this;
      this.#stop();
      if (context) callbacks?.onAbort?.(this.stats, context, null);
    }

    destroy(): void {
      this.#stop();
      this.context = null;
    }

    getCacheAge(): number | null {
      const age = Number.parseFloat(this.getResponseHeader('age') ?? '');
      return Number.isFinite(age) ? age : null;
    }

    getResponseHeader(name: string): string | null {
      return this.#headers[name.toLowerCase()] ?? null;
    }

    #stop(): void {
      if (!this.over && this.context) {
        this.over = true;
        this.stats.aborted = true;
        this.#aborting.abort(new PlayerError('ABORTED', 'hls.js gave the request up', { url: this.context.url }));
      }
      this.#callbacks = null;
    }

    async #run(context: LoaderContext, config: LoaderConfiguration): Promise<void> {
      const { kind, segment } = describeLoad(context);
      const request = httpRequest(context.url, kind, {
        segment,
        headers: headersOf(context),
        timeouts: { ...DEFAULT_TIMEOUTS, firstByte: firstByteLimit(config) },
        onHeaders: (headers) => this.#onHeaders(headers),
        onProgress: (progress) => this.#onProgress(progress),
      });
      let response: HttpResponse;
      let data: ArrayBuffer | string | object;
      try {
        response = await http(request, this.#aborting.signal);
        data = decode(response.body, context.responseType);
      } catch (failure) {
        this.#fail(context, asPlayerError(failure, context.url));
        return;
      }
      this.#succeed(context, response, data);
    }

    #onHeaders(headers: Readonly<Record<string, string>>): void {
      // A second attempt starts over.
      this.#headers = headers;
      this.progress = null;
      this.stats.loaded = 0;
      this.stats.loading.first = Math.max(performance.now(), this.stats.loading.start);
    }

    #onProgress(progress: HttpProgress): void {
      this.progress = progress;
      this.stats.loaded = progress.bytes;
      this.stats.total = progress.totalBytes ?? 0;
    }

    #succeed(context: LoaderContext, response: HttpResponse, data: ArrayBuffer | string | object): void {
      if (this.over) return;
      const { stats } = this;
      this.over = true;
      this.#headers = response.headers;
      stats.loading.first ||= stats.loading.start;
      stats.loading.end = Math.max(performance.now(), stats.loading.first);
      stats.loaded = response.body.byteLength;
      stats.total = response.body.byteLength;
      this.#callbacks?.onSuccess({ url: response.url, data, code: response.status }, stats, context, null);
    }

    #fail(context: LoaderContext, failure: PlayerError): void {
      if (this.over) return;
      this.over = true;
      const details = { failure } satisfies FailureDetails as unknown as Response;
      const callbacks = this.#callbacks;
      if (isTimeout(failure)) callbacks?.onTimeout(this.stats, context, details);
      else callbacks?.onError({ code: failure.status ?? 0, text: failure.message }, context, details, this.stats);
    }
  }

  return {
    Loader: HttpLoader,
    async idle() {
      while (working.size > 0) await Promise.all(working);
    },
  };
}
