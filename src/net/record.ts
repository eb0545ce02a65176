import type { Clock } from '../media/clock.ts';
import type { Report } from '../media/playback-event.ts';
import { PlayerError } from '../media/player-error.ts';
import { redactUrl } from '../media/redact-url.ts';
import type { Middleware } from './http.ts';

/** Reports a `request` fact for every attempt that passes, however it ends. Belongs directly around the innermost handler. */
export function record(clock: Clock, report: Report): Middleware {
  let id = 0;
  /** Bytes of all bodies, of the browser's cache not for longer than until that is known. */
  let carried = 0;
  return (next) => async (request, signal) => {
    id += 1;
    const own = id;
    const start = clock.now();
    let firstByte: number | null = null;
    let carriedBefore = carried;
    let received = 0;
    const receive = (bytes: number): void => {
      carried += bytes - received;
      received = bytes;
    };
    let status: number | null = null;
    const tell = (
      outcome: 'ok' | 'failed' | 'aborted',
      end: number,
      fromCache: boolean,
      error: PlayerError['code'] | null,
    ): void => {
      const linkBytes = carried - carriedBefore;
      if (fromCache) carried -= received;
      report({
        at: end,
        type: 'request',
        id: own,
        attempt: request.attempt,
        kind: request.kind,
        url: redactUrl(request.url),
        segment: request.segment,
        start,
        firstByte,
        bytes: received,
        linkBytes,
        status,
        outcome,
        fromCache,
        error,
      });
    };
    try {
      const response = await next(
        {
          ...request,
          onHeaders: (headers, code) => {
            firstByte = clock.now();
            carriedBefore = carried;
            status = code;
            request.onHeaders?.(headers, code);
          },
          onProgress: (now) => {
            receive(now.bytes);
            request.onProgress?.({ ...now, linkBytes: carried - carriedBefore });
          },
        },
        signal,
      );
      receive(response.body.byteLength);
      tell('ok', response.end, response.fromCache, null);
      return response;
    } catch (failure) {
      const error = failure instanceof PlayerError ? failure.code : 'NETWORK_FAILED';
      tell(error === 'ABORTED' ? 'aborted' : 'failed', clock.now(), false, error);
      throw failure;
    }
  };
}
