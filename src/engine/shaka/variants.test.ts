import { describe, expect, it } from 'vitest';
import { fakeStream, fakeVariant } from './fake-variant.ts';
import { bySuitableSound, describeVariant, meetsRestrictions } from './variants.ts';

const ANYTHING = {
  minWidth: 0,
  maxWidth: Number.POSITIVE_INFINITY,
  minHeight: 0,
  maxHeight: Number.POSITIVE_INFINITY,
  minPixels: 0,
  maxPixels: Number.POSITIVE_INFINITY,
  minFrameRate: 0,
  maxFrameRate: Number.POSITIVE_INFINITY,
  minBandwidth: 0,
  maxBandwidth: Number.POSITIVE_INFINITY,
  minChannelsCount: 0,
  maxChannelsCount: Number.POSITIVE_INFINITY,
};

describe('describeVariant', () => {
  it('gives the rendition its declared bitrate, picture and codecs', () => {
    const video = fakeStream(7, { width: 640, height: 360, frameRate: 25, originalId: 'video-3' });
    const { rendition } = describeVariant(fakeVariant(1, 750_000, { video }));
    expect(rendition).toEqual({
      id: 'video-3',
      bitrate: 750_000,
      width: 640,
      height: 360,
      frameRate: 25,
      codecs: 'avc1.4d401e,mp4a.40.2',
    });
  });

  it('keeps secrets in the URL of a playlist to itself', () => {
    const video = fakeStream(7, { originalId: 'https://cdn.example/3.m3u8?token=secret' });
    expect(describeVariant(fakeVariant(1, 750_000, { video })).rendition.id).toBe('https://cdn.example/3.m3u8?token=…');
  });

  it('takes redundant streams and other languages of one picture for the same rung', () => {
    const french = fakeStream(2, { type: 'audio', codecs: 'mp4a.40.2', language: 'fr' });
    const [first, redundant, other, higher] = [
      fakeVariant(1, 750_000),
      fakeVariant(2, 750_000),
      fakeVariant(3, 750_000, { audio: french }),
      fakeVariant(4, 1_050_000),
    ].map((variant) => describeVariant(variant).key);
    expect(redundant).toBe(first);
    expect(other).toBe(first);
    expect(higher).not.toBe(first);
  });

  it('takes the bitrate of the picture, where it is known, so that richer sound makes no rung', () => {
    const video = fakeStream(7, { bandwidth: 700_000, height: 360, width: 640 });
    const rich = fakeStream(2, { type: 'audio', bandwidth: 256_000 });
    const lean = fakeStream(1, { type: 'audio', bandwidth: 64_000 });
    expect(describeVariant(fakeVariant(1, 764_000, { video, audio: lean })).key).toBe(
      describeVariant(fakeVariant(2, 956_000, { video, audio: rich })).key,
    );
  });

  it('describes sound alone', () => {
    const audio = fakeStream(3, { type: 'audio', codecs: 'mp4a.40.2', originalId: 'radio' });
    expect(describeVariant(fakeVariant(1, 96_000, { video: null, audio })).rendition).toEqual({
      id: 'radio',
      bitrate: 96_000,
      codecs: 'mp4a.40.2',
    });
  });
});

describe('bySuitableSound', () => {
  it('puts lean sound first for poor pictures and rich sound first for good ones', () => {
    const lean = fakeStream(1, { type: 'audio', bandwidth: 64_000 });
    const rich = fakeStream(2, { type: 'audio', bandwidth: 256_000 });
    const low = fakeStream(10, { bandwidth: 300_000 });
    const high = fakeStream(11, { bandwidth: 3_000_000 });
    const variants = [
      fakeVariant(1, 556_000, { video: low, audio: rich }),
      fakeVariant(2, 364_000, { video: low, audio: lean }),
      fakeVariant(3, 3_064_000, { video: high, audio: lean }),
      fakeVariant(4, 3_256_000, { video: high, audio: rich }),
    ];
    const ordered = bySuitableSound(variants);
    expect(ordered.find(({ video }) => video === low)?.audio).toBe(lean);
    expect(ordered.find(({ video }) => video === high)?.audio).toBe(rich);
  });

  it('leaves the order alone where there is one sound', () => {
    const variants = [fakeVariant(3, 3e6), fakeVariant(1, 1e6), fakeVariant(2, 2e6)];
    expect(bySuitableSound(variants)).toEqual(variants);
  });
});

describe('meetsRestrictions', () => {
  const variant = fakeVariant(1, 1_750_000, { height: 540 });
  it.each([
    ['anything', ANYTHING, true],
    ['at most 480 lines', { ...ANYTHING, maxHeight: 480 }, false],
    ['at most 540 lines', { ...ANYTHING, maxHeight: 540 }, true],
    ['at least 2 Mbit/s', { ...ANYTHING, minBandwidth: 2e6 }, false],
    ['at most 960 × 540 pixels', { ...ANYTHING, maxPixels: 960 * 540 }, true],
    ['fewer pixels than that', { ...ANYTHING, maxPixels: 960 * 540 - 1 }, false],
    ['a frame rate that the manifest does not give', { ...ANYTHING, maxFrameRate: 30 }, true],
  ])('%s', (_what, limits, expected) => {
    expect(meetsRestrictions(variant, limits)).toBe(expected);
  });
});
