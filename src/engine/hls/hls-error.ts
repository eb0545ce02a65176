import type { ErrorData } from 'hls.js';
import type { RequestKind } from '../../media/playback-event.ts';
import { type ErrorCode, PlayerError } from '../../media/player-error.ts';
import { loadFailure } from '../load-failure.ts';
import type { FailureDetails } from './http-loader.ts';

/** What of an hls.js error is read; its fields are filled in very unevenly. */
export type HlsErrorData = Pick<
  ErrorData,
  'type' | 'details' | 'error' | 'url' | 'response' | 'networkDetails' | 'frag' | 'context' | 'reason'
>;

/** Errors that a request failed, by `details`; for fragments the kind follows from the fragment. */
const LOADS: Readonly<Record<string, RequestKind | 'fragment'>> = {
  manifestLoadError: 'manifest',
  manifestLoadTimeOut: 'manifest',
  levelLoadError: 'playlist',
  levelLoadTimeOut: 'playlist',
  audioTrackLoadError: 'playlist',
  audioTrackLoadTimeOut: 'playlist',
  subtitleTrackLoadError: 'subtitle',
  subtitleTrackLoadTimeOut: 'subtitle',
  fragLoadError: 'fragment',
  fragLoadTimeOut: 'fragment',
  keyLoadError: 'key',
  keyLoadTimeOut: 'key',
};

const CODES: Readonly<Record<string, ErrorCode>> = {
  manifestParsingError: 'MANIFEST_PARSE_FAILED',
  manifestIncompatibleCodecsError: 'MANIFEST_NO_PLAYABLE_RENDITION',
  levelParsingError: 'PLAYLIST_PARSE_FAILED',
  levelEmptyError: 'PLAYLIST_PARSE_FAILED',
  playlistUnchangedError: 'PLAYLIST_PARSE_FAILED',
  fragParsingError: 'SEGMENT_PARSE_FAILED',
  fragDecryptError: 'DRM_FAILED',
  remuxAllocError: 'MEDIA_APPEND_FAILED',
  bufferAddCodecError: 'MEDIA_CODEC_UNSUPPORTED',
  bufferIncompatibleCodecsError: 'MEDIA_CODEC_UNSUPPORTED',
  bufferAppendError: 'MEDIA_APPEND_FAILED',
  bufferAppendingError: 'MEDIA_APPEND_FAILED',
  bufferAppendNoProgress: 'MEDIA_APPEND_FAILED',
  mediaSourceRequiresReset: 'MEDIA_DECODE_FAILED',
  bufferFullError: 'MEDIA_BUFFER_FULL',
  bufferStalledError: 'MEDIA_STUCK',
  bufferNudgeOnStall: 'MEDIA_STUCK',
  bufferSeekOverHole: 'MEDIA_STUCK',
};

/** What hls.js reports as an error, without being fatal, and what is none: its own aborts, stalls the element tells of, declared gaps. */
const NO_TROUBLE = new Set(['aborted', 'bufferStalledError', 'fragGap']);

/** hls.js moved the playhead itself: an action, not an error. */
const ACTIONS: Readonly<Record<string, string>> = {
  bufferNudgeOnStall: 'nudged the playhead',
  bufferSeekOverHole: 'skipped a hole in the buffer',
};

/** Whether the error is hls.js talking of normal events. */
export function isNoTrouble(details: string): boolean {
  return NO_TROUBLE.has(details);
}

/** What hls.js did about a playhead that did not move; null for every other error. */
export function actionOf(details: string): string | null {
  return ACTIONS[details] ?? null;
}

/** The pipeline's error behind an hls.js load error; null where there was no request. */
export function failureBehind({ networkDetails }: Pick<ErrorData, 'networkDetails'>): PlayerError | null {
  const failure = (networkDetails as Partial<FailureDetails> | null | undefined)?.failure;
  return failure instanceof PlayerError ? failure : null;
}

function kindOf(data: HlsErrorData): RequestKind | null {
  const kind = LOADS[data.details];
  if (kind !== 'fragment') return kind ?? null;
  if (data.frag?.type === 'subtitle') return 'subtitle';
  return data.frag?.sn === 'initSegment' ? 'init' : 'segment';
}

const codeOf = (data: HlsErrorData): ErrorCode => {
  if (data.frag?.type === 'subtitle') return 'TEXT_FAILED';
  const code = CODES[data.details];
  if (code) return code;
  return data.type === 'keySystemError' ? 'DRM_FAILED' : 'ENGINE_FAILED';
};

/** An hls.js error as ours. `cause` is the pipeline's error where a request failed, else what hls.js gives. */
export function toPlayerError(data: HlsErrorData, fatal: boolean): PlayerError {
  const kind = kindOf(data);
  if (kind !== null) return loadFailure(kind, failureBehind(data) ?? data.error, fatal);
  const code = codeOf(data);
  const url = data.url ?? data.frag?.url ?? data.context?.url;
  const message = `hls.js ${data.details}: ${data.reason ?? data.error?.message ?? 'no reason given'}`;
  return new PlayerError(code, message, { fatal, cause: data.error, url: url || null });
}
