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
  const expected = new Map<string, { readonly bytes: number; readonly rendition: number | null }>();
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

  const tellLost = (content: 'video' | 'audio', now: readonly Range[]): void => {
    const track = stream.trackType(content);
    for (const { start, end } of rangesLost(before, now)) {
      facts.tell({ type: 'flushed', track, start, end });
      shown.flushed(start, end);
    }
  };

  return {
    received({ kind, stream: own, reference }, response) {
      if (own === null || reference === null || (kind !== 'segment' && kind !== 'subtitle')) return;
      expected.set(keyOf(own.type, reference.start), {
        bytes: response.body.byteLength,
        rendition: reference.rendition,
      });
      const [oldest] = expected.keys();
      if (expected.size > MOST_EXPECTED && oldest !== undefined) expected.delete(oldest);
    },
    appended({ start, end, contentType }) {
      const key = keyOf(contentType, start);
      const arrived = expected.get(key);
      expected.delete(key);
      const picture = stream.pictureType();
      const now = stream.buffered(picture);
      if (contentType === picture) {
        tellLost(picture, now);
        before = now;
      }
      // What stands for a segment that could not be had is no media.
      if (arrived === undefined) return;
      const { bytes, rendition } = arrived;
      facts.tell({ type: 'buffered', track: stream.trackType(contentType), rendition, start, end, bytes });
      if (rendition === null) return;
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
