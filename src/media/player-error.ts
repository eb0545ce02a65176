/** Where trouble came from. `input` is the caller's mistake; `aborted` is somebody's wish, not trouble. */
export type ErrorCategory =
  | 'input'
  | 'network'
  | 'manifest'
  | 'media'
  | 'decode'
  | 'drm'
  | 'engine'
  | 'strategy'
  | 'qoe'
  | 'aborted';

/** Every code an error fact or a {@link PlayerError} can carry, with its category. Codes are stable and never reused. */
export const ERROR_CATEGORIES = {
  /** The caller gave something that cannot be used: the message names it. */
  INPUT_INVALID: 'input',
  /** No engine can play this source in this browser. */
  ENGINE_UNSUPPORTED: 'input',
  /** The engine's package is not installed or could not be loaded. */
  ENGINE_UNAVAILABLE: 'engine',
  /** The engine failed in a way it did not explain further; see `cause`. */
  ENGINE_FAILED: 'engine',
  /** `destroy()`, a new `load()` or the caller's signal ended the operation. */
  ABORTED: 'aborted',
  /** The server answered with a status that is not a success; `status` has it. */
  HTTP_STATUS: 'network',
  /** The connection failed: refused, reset, DNS, CORS or offline (browsers do not say which). */
  NETWORK_FAILED: 'network',
  /** No response header arrived in time. */
  TIMEOUT_FIRST_BYTE: 'network',
  /** The body stopped arriving. */
  TIMEOUT_STALLED: 'network',
  /** The multivariant playlist or MPD could not be fetched. */
  MANIFEST_LOAD_FAILED: 'manifest',
  /** The multivariant playlist or MPD is not what it should be. */
  MANIFEST_PARSE_FAILED: 'manifest',
  /** No rendition of the presentation can be played by this browser. */
  MANIFEST_NO_PLAYABLE_RENDITION: 'manifest',
  /** A media playlist could not be fetched. */
  PLAYLIST_LOAD_FAILED: 'manifest',
  /** A media playlist is not what it should be. */
  PLAYLIST_PARSE_FAILED: 'manifest',
  /** A media or initialisation segment could not be fetched. */
  SEGMENT_LOAD_FAILED: 'network',
  /** A media or initialisation segment is not what it should be. */
  SEGMENT_PARSE_FAILED: 'media',
  /** A subtitle segment or playlist could not be fetched or parsed. */
  TEXT_FAILED: 'media',
  /** Media could not be appended to the source buffer. */
  MEDIA_APPEND_FAILED: 'media',
  /** The source buffer is full and could not be made smaller. */
  MEDIA_BUFFER_FULL: 'media',
  /** The browser cannot decode the codecs of the presentation. */
  MEDIA_CODEC_UNSUPPORTED: 'decode',
  /** The media element gave up decoding. */
  MEDIA_DECODE_FAILED: 'decode',
  /** Playback does not advance although there is media to play. */
  MEDIA_STUCK: 'media',
  /** The browser refused to start playback without the viewer's gesture. */
  AUTOPLAY_BLOCKED: 'media',
  /** The media is encrypted and no key could be had. */
  DRM_FAILED: 'drm',
  /** The strategy threw or returned nothing usable; the lowest playable rendition was taken instead. */
  STRATEGY_FAILED: 'strategy',
  /** A scorer threw; its score is null. */
  SCORER_FAILED: 'qoe',
} as const satisfies Record<string, ErrorCategory>;

/** A stable error code; the keys of {@link ERROR_CATEGORIES}. */
export type ErrorCode = keyof typeof ERROR_CATEGORIES;

/** What an error knows beyond its message. `status` is the HTTP status; `retryAfter` is seconds the server asked to wait. */
export interface PlayerErrorDetails {
  readonly fatal?: boolean;
  readonly url?: string | null | undefined;
  readonly status?: number | null | undefined;
  readonly retryAfter?: number | null | undefined;
  readonly cause?: unknown;
}

/**
 * Playback trouble with a stable `code`. `fatal` means that playback cannot go on without a new `load()`.
 * `cause` keeps what the engine, the network or the browser threw.
 */
export class PlayerError extends Error {
  override readonly name = 'PlayerError';
  readonly code: ErrorCode;
  readonly category: ErrorCategory;
  readonly fatal: boolean;
  readonly url: string | null;
  readonly status: number | null;
  readonly retryAfter: number | null;

  constructor(code: ErrorCode, message: string, details: PlayerErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.category = ERROR_CATEGORIES[code];
    this.fatal = details.fatal ?? false;
    this.url = details.url ?? null;
    this.status = details.status ?? null;
    this.retryAfter = details.retryAfter ?? null;
  }
}
