import type { Stream, Variant } from './variants.ts';

/** A stream for tests; only what is read of it. */
export function fakeStream(id: number, parts: Partial<Stream> = {}): Stream {
  const stream: Partial<Stream> = {
    id,
    type: 'video',
    codecs: 'avc1.4d401e',
    mimeType: 'video/mp4',
    segmentIndex: null,
  };
  return { ...stream, ...parts } as Stream;
}

/** A variant for tests: a picture of `height` lines (16:9) and, unless null, a sound. */
export function fakeVariant(
  id: number,
  bandwidth: number,
  parts: { readonly height?: number; readonly video?: Stream | null; readonly audio?: Stream | null } = {},
): Variant {
  const { height = 360 } = parts;
  const video = parts.video === undefined ? fakeStream(100 + id, { height, width: (height * 16) / 9 }) : parts.video;
  const audio =
    parts.audio === undefined
      ? fakeStream(1, { type: 'audio', codecs: 'mp4a.40.2', mimeType: 'audio/mp4' })
      : parts.audio;
  return {
    id,
    bandwidth,
    video,
    audio,
    language: 'en',
    primary: true,
    allowedByApplication: true,
    allowedByKeySystem: true,
    decodingInfos: [],
    disabledUntilTime: 0,
  };
}
