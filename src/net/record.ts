import type { Clock } from '../media/clock.ts';
import type { Report } from '../media/playback-event.ts';
import { PlayerError } from '../media/player-error.ts';
import { redactUrl } from '../media/redact-url.ts';
import type { HttpProgress, Middleware } from './http.ts';

/** Reports a `request` fact for every attempt that passes, however it ends. Belongs directly around the innermost handler. */
export function record(clock: Clock, report: Report): Middleware {
  let id = 0;
  return (next) => async (request, signal) => {
    id += 1;
    const own = id;
    const start = clock.now();
    let firstByte: number | null = null;
    let progress: HttpProgress | null = null;
    let status: number | null = null;
    const tell = (
      outcome: 'ok' | 'failed' | 'aborted',
      end: number,
      rest: { bytes: number; fromCache: boolean; error: PlayerError['code'] | null },
    ): void =>
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
        status,
        outcome,
        ...rest,
      });
    try {
      const response = await next(
        {
          ...request,
          onHeaders: (headers, code) => {
            firstByte = clock.now();
            status = code;
            request.onHeaders?.(headers, code);
          },
          onProgress: (now) => {
            progress = now;
            request.onProgress?.(now);
          },
        },
        signal,
      );
      tell('ok', response.end, { bytes: response.body.byteLength, fromCache: response.fromCache, error: null });
      return response;
    } catch (failure) {
      const error = failure instanceof PlayerError ? failure.code : 'NETWORK_FAILED';
      const bytes = (progress as HttpProgress | null)?.bytes ?? 0;
      tell(error === 'ABORTED' ? 'aborted' : 'failed', clock.now(), { bytes, fromCache: false, error });
      throw failure;
    }
  };
}
