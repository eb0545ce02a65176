import { type ErrorCode, PlayerError } from '../../media/player-error.ts';

/** What is read of a MediaError. */
export interface MediaFailure {
  readonly code: number;
  readonly message: string;
}

/**
 * MediaError.code by number, where it is trouble and says which: 1 (aborted) is somebody's wish, and 4 (no usable source) is said of
 * a segment that is missing as well as of one that is broken.
 */
const CODES: ReadonlyMap<number, ErrorCode> = new Map([
  [2, 'NETWORK_FAILED'],
  [3, 'MEDIA_DECODE_FAILED'],
]);

/** The code of the element's failure during playback; null when it was aborted. */
export const codeOfMediaError = ({ code }: MediaFailure): ErrorCode | null =>
  code === 1 ? null : (CODES.get(code) ?? 'ENGINE_FAILED');

/** The element's failure during playback as a fatal error: browsers give up for good. */
export function playbackFailure(failure: MediaFailure): PlayerError | null {
  const code = codeOfMediaError(failure);
  const why = failure.message === '' ? `MediaError ${failure.code}` : failure.message;
  return code === null ? null : new PlayerError(code, `the browser gave up: ${why}`, { fatal: true, cause: failure });
}

/** What was found out about a source that the browser did not open. */
export type Probe = { readonly body: string } | { readonly failure: unknown };

/**
 * Why a source could not be opened. The browser says the same of a playlist that is not there, one that is none, and media
 * it cannot decode, so the playlist was asked for once more to find out.
 */
export function openingFailure(failure: MediaFailure, probe: Probe): PlayerError {
  const said = failure.message === '' ? `MediaError ${failure.code}` : failure.message;
  if ('failure' in probe) {
    const { failure: cause } = probe;
    const known = cause instanceof PlayerError ? cause : null;
    return new PlayerError(
      'MANIFEST_LOAD_FAILED',
      `the browser could not open it (${said}): ${known?.message ?? cause}`,
      { fatal: true, cause, url: known?.url, status: known?.status },
    );
  }
  const isPlaylist = /^\uFEFF?#EXTM3U/.test(probe.body);
  return isPlaylist
    ? new PlayerError('MANIFEST_NO_PLAYABLE_RENDITION', `the browser could not play any rendition (${said})`, {
        fatal: true,
        cause: failure,
      })
    : new PlayerError('MANIFEST_PARSE_FAILED', `the browser could not open it, and it is no HLS playlist (${said})`, {
        fatal: true,
        cause: failure,
      });
}
