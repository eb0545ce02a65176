import { describe, expect, it } from 'vitest';
import { PlayerError } from '../media/player-error.ts';
import { loadFailure } from './load-failure.ts';

describe('loadFailure', () => {
  it('is named for what the request was for, and keeps status, URL and cause', () => {
    const cause = new PlayerError('HTTP_STATUS', 'a.m4s answered 404', { url: 'https://a.example/a.m4s', status: 404 });
    const failure = loadFailure('segment', cause, true);
    expect(failure).toMatchObject({
      code: 'SEGMENT_LOAD_FAILED',
      category: 'network',
      fatal: true,
      status: 404,
      url: 'https://a.example/a.m4s',
      cause,
    });
    expect(failure.message).toContain('a.m4s answered 404');
  });

  it.each([
    ['manifest', 'MANIFEST_LOAD_FAILED'],
    ['playlist', 'PLAYLIST_LOAD_FAILED'],
    ['init', 'SEGMENT_LOAD_FAILED'],
    ['subtitle', 'TEXT_FAILED'],
    ['key', 'DRM_FAILED'],
  ] as const)('%s: %s', (kind, code) => {
    expect(loadFailure(kind, new Error('gone'), false)).toMatchObject({ code, fatal: false, status: null, url: null });
  });
});
