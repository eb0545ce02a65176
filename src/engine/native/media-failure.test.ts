import { describe, expect, it } from 'vitest';
import { PlayerError } from '../../media/player-error.ts';
import { openingFailure, playbackFailure } from './media-failure.ts';

describe('playbackFailure', () => {
  it.each([
    ['network', 2, 'NETWORK_FAILED', 'network'],
    ['decoder', 3, 'MEDIA_DECODE_FAILED', 'decode'],
    ['a source that went bad, it does not say how', 4, 'ENGINE_FAILED', 'engine'],
    ['something new', 9, 'ENGINE_FAILED', 'engine'],
  ] as const)('%s (MediaError %i) is fatal: browsers do not go on', (_what, code, expected, category) => {
    const cause = { code, message: 'PIPELINE_ERROR' };
    expect(playbackFailure(cause)).toMatchObject({ code: expected, category, fatal: true, cause });
  });

  it('is no trouble when somebody aborted', () => {
    expect(playbackFailure({ code: 1, message: '' })).toBeNull();
  });

  it('says the number where the browser says nothing', () => {
    expect(playbackFailure({ code: 3, message: '' })?.message).toBe('the browser gave up: MediaError 3');
  });
});

describe('openingFailure', () => {
  const said = { code: 4, message: 'Format error' };

  it('is a manifest that is not there, with its status', () => {
    const failure = new PlayerError('HTTP_STATUS', 'answered 404', {
      status: 404,
      url: 'https://cdn.example/main.m3u8',
    });
    expect(openingFailure(said, { failure })).toMatchObject({
      code: 'MANIFEST_LOAD_FAILED',
      fatal: true,
      status: 404,
      url: 'https://cdn.example/main.m3u8',
      cause: failure,
    });
  });

  it('is a manifest that is none', () => {
    expect(openingFailure(said, { body: '<html>Not here</html>' })).toMatchObject({
      code: 'MANIFEST_PARSE_FAILED',
      fatal: true,
    });
  });

  it('is nothing that can be played where the playlist is one', () => {
    expect(openingFailure(said, { body: '\uFEFF#EXTM3U\n#EXT-X-VERSION:7\n' })).toMatchObject({
      code: 'MANIFEST_NO_PLAYABLE_RENDITION',
      fatal: true,
      cause: said,
    });
  });
});
