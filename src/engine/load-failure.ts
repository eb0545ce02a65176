import type { RequestKind } from '../media/playback-event.ts';
import { type ErrorCode, PlayerError } from '../media/player-error.ts';

/** What it means to playback that a request of this kind failed for good. */
const CODES: Readonly<Record<RequestKind, ErrorCode>> = {
  manifest: 'MANIFEST_LOAD_FAILED',
  playlist: 'PLAYLIST_LOAD_FAILED',
  init: 'SEGMENT_LOAD_FAILED',
  segment: 'SEGMENT_LOAD_FAILED',
  subtitle: 'TEXT_FAILED',
  key: 'DRM_FAILED',
  licence: 'DRM_FAILED',
  other: 'ENGINE_FAILED',
};

/**
 * The pipeline's failure of a request as the trouble it is for playback: HTTP_STATUS on a segment is SEGMENT_LOAD_FAILED, with
 * the status and URL kept and the pipeline's error as `cause`.
 */
export function loadFailure(kind: RequestKind, failure: unknown, fatal: boolean): PlayerError {
  const known = failure instanceof PlayerError ? failure : null;
  const why = known?.message ?? String(failure);
  return new PlayerError(CODES[kind], `${kind} could not be loaded: ${why}`, {
    fatal,
    cause: failure,
    url: known?.url,
    status: known?.status,
    retryAfter: known?.retryAfter,
  });
}
