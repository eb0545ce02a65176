import type shaka from 'shaka-player/dist/shaka-player.compiled-es2021.js';
import type { AbrInput } from '../../abr/strategy.ts';
import type { SegmentReference, TrackType } from '../../media/playback-event.ts';
import type { Stream } from './variants.ts';

/** A media segment as shaka refers to it. */
export type ShakaSegment = shaka.media.SegmentReference;

/** Several codecs in one stream are picture and sound in one. */
export function trackOf(stream: Stream): TrackType {
  if (stream.type === 'text') return 'text';
  if (stream.type === 'audio') return 'audio';
  return stream.codecs.includes(',') ? 'muxed' : 'video';
}

/** Where the segment stands among those of its stream, the first that shaka knew being 0; null if it does not say. */
const numberOf = (stream: Stream, start: number, end: number): number | null =>
  stream.segmentIndex?.find((start + end) / 2) ?? null;

/**
 * A segment in our words; `rendition` is the index of its rung, null for sound and text of their own. An initialization segment
 * (`segment` null) has no number and no time.
 */
export function segmentReference(
  stream: Stream,
  segment: ShakaSegment | null,
  rendition: number | null,
): SegmentReference {
  if (segment === null) return { track: trackOf(stream), rendition, number: null, start: 0, duration: 0 };
  const start = segment.getStartTime();
  const end = segment.getEndTime();
  return { track: trackOf(stream), rendition, number: numberOf(stream, start, end), start, duration: end - start };
}

/** Bytes of a segment where the manifest gives its byte range; null otherwise. */
function sizeOf(segment: ShakaSegment | null): number | null {
  const end = segment?.getEndByte() ?? null;
  return segment === null || end === null ? null : end - segment.getStartByte() + 1;
}

/** Bytes of the segment at `time` in one stream, if shaka has its index. */
export function sizeAt(stream: Stream, time: number): number | null {
  const { segmentIndex } = stream;
  const position: number | null = segmentIndex?.find(time) ?? null;
  return position === null ? null : sizeOf(segmentIndex?.get(position) ?? null);
}

/** The segment as a strategy is told of it; `sizes[rendition]` bytes. */
export function wantedSegment(
  stream: Stream,
  segment: ShakaSegment,
  sizes: readonly (number | null)[],
  live: boolean,
): AbrInput['segment'] {
  const { number, start, duration } = segmentReference(stream, segment, null);
  const { segmentIndex } = stream;
  const count: number = segmentIndex === null ? 0 : segmentIndex.getNumEvicted() + segmentIndex.getNumReferences();
  return {
    number,
    start,
    duration,
    sizes: sizes.some((size) => size !== null) ? sizes : null,
    remaining: live || number === null || segmentIndex === null ? null : Math.max(count - number, 1),
  };
}
