import { describe, expect, it } from 'vitest';
import { PlayerError } from '../../media/player-error.ts';
import { codeOf, isCritical, isElementFailure, isShakaFailure, shakaError } from './shaka-failure.ts';

const failure = (code: number, data: readonly unknown[] = []) => ({
  code,
  category: Math.floor(code / 1000),
  severity: 2,
  data,
});

describe('codeOf', () => {
  it.each([
    ['BAD_HTTP_STATUS', 1001, 'HTTP_STATUS'],
    ['HTTP_ERROR', 1002, 'NETWORK_FAILED'],
    ['SEGMENT_MISSING', 1011, 'SEGMENT_LOAD_FAILED'],
    ['INVALID_TEXT_HEADER', 2000, 'TEXT_FAILED'],
    ['BUFFER_READ_OUT_OF_BOUNDS', 3000, 'SEGMENT_PARSE_FAILED'],
    ['MEDIA_SOURCE_OPERATION_FAILED', 3014, 'MEDIA_APPEND_FAILED'],
    ['QUOTA_EXCEEDED_ERROR', 3017, 'MEDIA_BUFFER_FULL'],
    ['TRANSMUXING_FAILED', 3018, 'SEGMENT_PARSE_FAILED'],
    ['RESTRICTIONS_CANNOT_BE_MET', 4012, 'MANIFEST_NO_PLAYABLE_RENDITION'],
    ['CONTENT_UNSUPPORTED_BY_BROWSER', 4032, 'MANIFEST_NO_PLAYABLE_RENDITION'],
    ['AES_128_INVALID_KEY_LENGTH', 4049, 'DRM_FAILED'],
    ['STREAMING_ENGINE_STARTUP_INVALID_STATE', 5006, 'ENGINE_FAILED'],
    ['LICENSE_REQUEST_FAILED', 6007, 'DRM_FAILED'],
    ['LOAD_INTERRUPTED', 7000, 'ABORTED'],
    ['OPERATION_ABORTED', 7001, 'ABORTED'],
    ['NO_VIDEO_ELEMENT', 7002, 'ENGINE_FAILED'],
  ] as const)('%s (%i)', (_name, code, expected) => {
    expect(codeOf(failure(code), true)).toBe(expected);
  });

  it('blames the manifest until there is one, a media playlist afterwards', () => {
    expect(codeOf(failure(4015), false)).toBe('MANIFEST_PARSE_FAILED');
    expect(codeOf(failure(4015), true)).toBe('PLAYLIST_PARSE_FAILED');
  });

  it('reads the MediaError in VIDEO_ERROR', () => {
    expect(codeOf(failure(3016, [3, '', 'decoder']), true)).toBe('MEDIA_DECODE_FAILED');
    expect(codeOf(failure(3016, [4, '', 'source']), true)).toBe('MEDIA_CODEC_UNSUPPORTED');
    expect(isElementFailure(failure(3016))).toBe(true);
    expect(isElementFailure(failure(3014))).toBe(false);
  });
});

describe('shakaError', () => {
  const options = { parsed: true, fatal: false, nameOf: () => 'SOME_NAME' };

  it("says shaka's name, code and data, and keeps the error as cause", () => {
    const cause = failure(3014, [3, 'decoder said no', { much: 'more' }]);
    const error = shakaError(cause, { ...options, fatal: true });
    expect(error).toMatchObject({ code: 'MEDIA_APPEND_FAILED', category: 'media', fatal: true });
    expect(error.message).toBe('shaka-player: SOME_NAME (3014): 3, decoder said no');
    expect(error.cause).toBe(cause);
  });

  it('keeps secrets in URLs to itself', () => {
    const { message } = shakaError(failure(3014, ['https://cdn.example/a.m4s?token=secret']), options);
    expect(message).toContain('https://cdn.example/a.m4s?token=…');
    expect(message).not.toContain('secret');
  });

  it('hands a PlayerError on, and wraps what is no error of shaka', () => {
    const known = new PlayerError('ABORTED', 'enough');
    expect(shakaError(known, options)).toBe(known);
    const error = shakaError(new TypeError('undefined is not a function'), { ...options, fatal: true });
    expect(error).toMatchObject({ code: 'ENGINE_FAILED', fatal: true });
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  it('tells critical from recoverable', () => {
    expect(isCritical({ ...failure(1002), severity: 1 })).toBe(false);
    expect(isCritical(failure(1002))).toBe(true);
    expect(isShakaFailure(new Error('x'))).toBe(false);
    expect(isShakaFailure(failure(1))).toBe(true);
  });
});
