import type { SegmentReference, TrackType } from '../../media/playback-event.ts';
import type { HttpResponse } from '../../net/http.ts';
import type { FactWriter } from '../fact-writer.ts';
import { shownRendition } from '../shown-rendition.ts';
import { type Range, rangesLost } from './buffer-ranges.ts';
import type { Presentation } from './presentation.ts';
import type { ShakaRequest } from './shaka-request.ts';

/** What shaka's `segmentappended` says. */
export interface Appended {
  readonly start: number;
  readonly end: number;
  readonly contentType: string;
}

/** Tells what comes into the buffer, what leaves it, and which rendition of it is on screen. */
export interface BufferFacts {
  /** A segment arrived; shaka will say when it is appended. */
  received(request: ShakaRequest, response: HttpResponse): void;
  appended(segment: Appended): void;
  /** Whether something ahead of the playhead is buffered in another rendition. */
  othersAhead(rendition: number): boolean;
  stop(): void;
}

/** Segments that were fetched and then not appended are forgotten beyond this many. */
const MOST_EXPECTED = 50;

const keyOf = (content: string, start: number): string => `${content} ${start.toFixed(3)}`;

/** Makes {@link BufferFacts}. */
export function bufferFacts(media: HTMLMediaElement, stream: Presentation, facts: FactWriter): BufferFacts {
  const expected = new Map<string, SegmentReference & { readonly bytes: number }>();
  let pictureTrack: TrackType = 'video';
  let before: readonly Range[] = [];
  let frame: number | null = null;
  const shown = shownRendition(media, (index, position) => facts.tell({ type: 'renditionChange', index, position }));
  const video = 'requestVideoFrameCallback' in media ? (media as HTMLVideoElement) : null;

  /** Looks at every frame while another rendition lies ahead: the element's own events are a quarter of a second apart. */
  const followFrames = (): void => {
    if (video === null || frame !== null) return;
    const at = shown.at(media.currentTime);
    if (at === null || !shown.othersAfter(media.currentTime, at)) return;
    frame = video.requestVideoFrameCallback(() => {
      frame = null;
      shown.look();
      followFrames();
    });
  };

  const tellLost = (now: readonly Range[]): void => {
    for (const { start, end } of rangesLost(before, now)) {
      facts.tell({ type: 'flushed', track: pictureTrack, start, end });
      shown.flushed(start, end);
    }
    before = now;
  };

  return {
    received({ kind, stream: own, reference }, response) {
      if (own === null || reference === null || (kind !== 'segment' && kind !== 'subtitle')) return;
      expected.set(keyOf(own.type, reference.start), { ...reference, bytes: response.body.byteLength });
      const [oldest] = expected.keys();
      if (expected.size > MOST_EXPECTED && oldest !== undefined) expected.delete(oldest);
    },
    appended({ start, end, contentType }) {
      const key = keyOf(contentType, start);
      const arrived = expected.get(key);
      expected.delete(key);
      const picture = stream.pictureType();
      if (contentType === picture) tellLost(stream.buffered(picture));
      // What stands for a segment that could not be had is no media.
      if (arrived === undefined) return;
      const { bytes, rendition, track } = arrived;
      facts.tell({ type: 'buffered', track, rendition, start, end, bytes });
      if (rendition === null) return;
      pictureTrack = track;
      shown.appended(start, end, rendition);
      shown.look();
      followFrames();
    },
    othersAhead: (rendition) => shown.othersAfter(media.currentTime, rendition),
    stop() {
      if (frame !== null) video?.cancelVideoFrameCallback(frame);
      shown.stop();
    },
  };
}
