import { type ErrorCode, PlayerError } from '../../media/player-error.ts';

/** What is read of a shaka.util.Error. */
export interface ShakaFailure {
  readonly code: number;
  readonly category: number;
  readonly severity: number;
  readonly message?: string;
  readonly data?: readonly unknown[];
}

/** shaka.util.Error.Severity.CRITICAL: shaka stopped doing what failed. */
const CRITICAL = 2;
/** LOAD_INTERRUPTED, OPERATION_ABORTED, OBJECT_DESTROYED, PRELOAD_DESTROYED: somebody's wish, not trouble. */
const ABORTED: ReadonlySet<number> = new Set([7000, 7001, 7003, 7006]);
const VIDEO_ERROR = 3016;

/** Codes that mean something more exact than their category does. */
const BY_CODE: ReadonlyMap<number, ErrorCode> = new Map([
  [1001, 'HTTP_STATUS'],
  [1011, 'SEGMENT_LOAD_FAILED'], // EXT-X-GAP
  [3014, 'MEDIA_APPEND_FAILED'],
  [3015, 'MEDIA_APPEND_FAILED'],
  [3017, 'MEDIA_BUFFER_FULL'],
  [4012, 'MANIFEST_NO_PLAYABLE_RENDITION'],
  [4026, 'DRM_FAILED'],
  [4032, 'MANIFEST_NO_PLAYABLE_RENDITION'],
  [4036, 'MANIFEST_NO_PLAYABLE_RENDITION'],
  [4048, 'DRM_FAILED'],
  [4049, 'DRM_FAILED'],
]);

/** By shaka.util.Error.Category: NETWORK 1, TEXT 2, MEDIA 3, MANIFEST 4, DRM 6. */
const BY_CATEGORY: ReadonlyMap<number, ErrorCode> = new Map([
  [1, 'NETWORK_FAILED'],
  [2, 'TEXT_FAILED'],
  [3, 'SEGMENT_PARSE_FAILED'],
  [6, 'DRM_FAILED'],
]);

/** What shaka's VIDEO_ERROR carries first: MediaError.code, of which 3 is decoding and 4 the source. */
const mediaErrorCode = (code: unknown): ErrorCode => (code === 4 ? 'MEDIA_CODEC_UNSUPPORTED' : 'MEDIA_DECODE_FAILED');

/** The code of an error of shaka's; `parsed`: the multivariant playlist or MPD is known, so it is another one's fault. */
export function codeOf({ code, category, data }: ShakaFailure, parsed: boolean): ErrorCode {
  if (ABORTED.has(code)) return 'ABORTED';
  if (code === VIDEO_ERROR) return mediaErrorCode(data?.[0]);
  const exact = BY_CODE.get(code);
  if (exact !== undefined) return exact;
  if (category === 4) return parsed ? 'PLAYLIST_PARSE_FAILED' : 'MANIFEST_PARSE_FAILED';
  return BY_CATEGORY.get(category) ?? 'ENGINE_FAILED';
}

/** Whether shaka itself gave up on what failed, rather than going on some other way. */
export const isCritical = ({ severity }: ShakaFailure): boolean => severity === CRITICAL;

/** Whether it is an error of shaka's at all. */
export const isShakaFailure = (failure: unknown): failure is ShakaFailure =>
  typeof failure === 'object' &&
  failure !== null &&
  'code' in failure &&
  'category' in failure &&
  'severity' in failure;

/** Short names of shaka's data: URLs and numbers say what happened, bodies and objects do not belong in a message. */
const detailOf = (data: readonly unknown[]): string =>
  data.filter((part) => typeof part === 'number' || (typeof part === 'string' && part.length < 200)).join(', ');

/** An error of shaka's own making (not of the pipeline) as a PlayerError. */
export function shakaError(failure: unknown, options: { parsed: boolean; fatal: boolean }): PlayerError {
  const { parsed, fatal } = options;
  if (failure instanceof PlayerError) return failure;
  if (!isShakaFailure(failure)) return new PlayerError('ENGINE_FAILED', String(failure), { fatal, cause: failure });
  const detail = detailOf(failure.data ?? []);
  return new PlayerError(codeOf(failure, parsed), `shaka error ${failure.code}${detail === '' ? '' : `: ${detail}`}`, {
    fatal,
    cause: failure,
  });
}
