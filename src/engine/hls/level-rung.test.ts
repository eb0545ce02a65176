import { describe, expect, it } from 'vitest';
import { fakeDetails, fakeLevel } from './fake-hls.ts';
import { rungOfLevel } from './level-rung.ts';

describe('rungOfLevel', () => {
  it('says what a rendition is', () => {
    expect(rungOfLevel(fakeLevel(750_000, 360)).rendition).toEqual({
      id: '640x360-750000-avc1,mp4a',
      bitrate: 750_000,
      width: 640,
      height: 360,
      frameRate: 25,
      codecs: 'avc1.4d401e,mp4a.40.2',
    });
  });

  it('takes redundant streams and other groups for the same rung, and another range for another', () => {
    const key = rungOfLevel(fakeLevel(750_000, 360)).key;
    expect(rungOfLevel(fakeLevel(750_000, 360, { url: ['https://b.example'], audioGroups: ['surround'] })).key).toBe(
      key,
    );
    expect(rungOfLevel(fakeLevel(750_000, 360, { videoRange: 'PQ' })).key).not.toBe(key);
    expect(rungOfLevel(fakeLevel(750_001, 360)).key).not.toBe(key);
  });

  it('leaves out what is not declared', () => {
    const bare = {
      width: 0,
      height: 0,
      frameRate: 0,
      codecs: '',
      codecSet: '',
      audioCodec: undefined,
      videoCodec: undefined,
    };
    expect(rungOfLevel(fakeLevel(0, 0, bare)).rendition).toEqual({ id: 'unsized-1000000', bitrate: 1_000_000 });
    const audio = { ...bare, codecs: 'mp4a.40.2', codecSet: 'mp4a', audioCodec: 'mp4a.40.2' };
    expect(rungOfLevel(fakeLevel(64_000, 0, audio)).rendition.id).toBe('audio-64000-mp4a');
  });

  it('reckons the bitrate of a lone media playlist from what its segments declare', () => {
    const details = fakeDetails(3);
    const [first, second] = details.fragments;
    if (!first || !second) throw new Error('no segments');
    first.bitrate = 400_000;
    second.bitrate = 600_000;
    expect(rungOfLevel(fakeLevel(0, 0, { details })).rendition.bitrate).toBe(500_000);
  });
});
