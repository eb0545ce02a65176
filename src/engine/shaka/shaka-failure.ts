import { type ErrorCode, PlayerError } from '../../media/player-error.ts';
import { redactUrl } from '../../media/redact-url.ts';

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
/** The media element failed. */
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

/** Whether it is the element's error: what was appended before it may have been the cause, and shaka then says so next. */
export const isElementFailure = ({ code }: ShakaFailure): boolean => code === VIDEO_ERROR;

/** Whether it is an error of shaka's at all. */
export const isShakaFailure = (failure: unknown): failure is ShakaFailure =>
  typeof failure === 'object' &&
  failure !== null &&
  'code' in failure &&
  'category' in failure &&
  'severity' in failure;

/** What of shaka's data belongs in a message: numbers and short text say what happened; URLs without their secrets. */
const detailOf = (data: readonly unknown[]): string =>
  data
    .filter((part) => typeof part === 'number' || (typeof part === 'string' && part.length < 200))
    .map((part) => (typeof part === 'string' && part.includes('://') ? redactUrl(part) : part))
    .join(', ');

/** What is needed to tell of an error: {@link codeOf} has `parsed`; `nameOf` is shaka's name for a code. */
export interface ShakaErrorOptions {
  readonly parsed: boolean;
  readonly fatal: boolean;
  nameOf(code: number): string;
}

/** An error of shaka's own making (not of the pipeline) as a PlayerError. */
export function shakaError(failure: unknown, { parsed, fatal, nameOf }: ShakaErrorOptions): PlayerError {
  if (failure instanceof PlayerError) return failure;
  if (!isShakaFailure(failure)) return new PlayerError('ENGINE_FAILED', String(failure), { fatal, cause: failure });
  const { code, data = [] } = failure;
  const detail = detailOf(data);
  const message = `shaka-player: ${nameOf(code)} (${code})${detail === '' ? '' : `: ${detail}`}`;
  return new PlayerError(codeOf(failure, parsed), message, { fatal, cause: failure });
}
