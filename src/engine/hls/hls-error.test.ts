import { describe, expect, it } from 'vitest';
import { PlayerError } from '../../media/player-error.ts';
import { actionOf, type HlsErrorData, isNoTrouble, toPlayerError } from './hls-error.ts';

const data = (details: string, change: Record<string, unknown> = {}): HlsErrorData =>
  ({ type: 'networkError', details, error: new Error('hls.js says so'), ...change }) as unknown as HlsErrorData;

const answered404 = new PlayerError('HTTP_STATUS', 'x answered 404', { status: 404, url: 'https://a.example/x' });

describe('toPlayerError', () => {
  it.each([
    ['manifestLoadError', 'MANIFEST_LOAD_FAILED'],
    ['manifestLoadTimeOut', 'MANIFEST_LOAD_FAILED'],
    ['manifestParsingError', 'MANIFEST_PARSE_FAILED'],
    ['manifestIncompatibleCodecsError', 'MANIFEST_NO_PLAYABLE_RENDITION'],
    ['levelLoadError', 'PLAYLIST_LOAD_FAILED'],
    ['audioTrackLoadTimeOut', 'PLAYLIST_LOAD_FAILED'],
    ['levelParsingError', 'PLAYLIST_PARSE_FAILED'],
    ['levelEmptyError', 'PLAYLIST_PARSE_FAILED'],
    ['fragLoadError', 'SEGMENT_LOAD_FAILED'],
    ['fragLoadTimeOut', 'SEGMENT_LOAD_FAILED'],
    ['fragParsingError', 'SEGMENT_PARSE_FAILED'],
    ['subtitleTrackLoadError', 'TEXT_FAILED'],
    ['keyLoadError', 'DRM_FAILED'],
    ['bufferAddCodecError', 'MEDIA_CODEC_UNSUPPORTED'],
    ['bufferAppendError', 'MEDIA_APPEND_FAILED'],
    ['bufferFullError', 'MEDIA_BUFFER_FULL'],
    ['bufferStalledError', 'MEDIA_STUCK'],
    ['mediaSourceRequiresReset', 'MEDIA_DECODE_FAILED'],
    ['internalException', 'ENGINE_FAILED'],
    ['somethingNew', 'ENGINE_FAILED'],
  ])('%s is %s', (details, code) => {
    expect(toPlayerError(data(details), true)).toMatchObject({ code, fatal: true });
  });

  it('keeps the error of the pipeline as cause, with its status and URL', () => {
    const error = toPlayerError(data('fragLoadError', { networkDetails: { failure: answered404 } }), false);
    expect(error).toMatchObject({ fatal: false, status: 404, url: 'https://a.example/x', cause: answered404 });
  });

  it('keeps what hls.js threw where there was no request', () => {
    const cause = new Error('no moof');
    const error = toPlayerError(
      data('fragParsingError', { error: cause, reason: 'no moof', frag: { url: 'https://a.example/s.m4s' } }),
      true,
    );
    expect(error).toMatchObject({ cause, url: 'https://a.example/s.m4s' });
    expect(error.message).toContain('no moof');
  });

  it('takes trouble with a text segment for trouble with text', () => {
    const frag = { type: 'subtitle', sn: 3, url: '' };
    expect(toPlayerError(data('fragLoadError', { frag }), false).code).toBe('TEXT_FAILED');
    expect(toPlayerError(data('fragParsingError', { frag }), false).code).toBe('TEXT_FAILED');
  });

  it('takes every key system error for trouble with keys', () => {
    expect(toPlayerError(data('keySystemNoAccess', { type: 'keySystemError' }), true).code).toBe('DRM_FAILED');
  });
});

describe('what is no error', () => {
  it('knows its own aborts, stalls that the element tells of, and declared gaps', () => {
    expect(['aborted', 'bufferStalledError', 'fragGap'].map(isNoTrouble)).toEqual([true, true, true]);
    expect(isNoTrouble('fragLoadError')).toBe(false);
  });

  it('knows when hls.js moved the playhead', () => {
    expect(actionOf('bufferNudgeOnStall')).toBe('nudged the playhead');
    expect(actionOf('fragLoadError')).toBeNull();
  });
});
