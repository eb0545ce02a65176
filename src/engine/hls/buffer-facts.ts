import type Hls from 'hls.js';
import type { Fragment, Part } from 'hls.js';
import type { TrackType } from '../../media/playback-event.ts';
import type { FactWriter } from '../fact-writer.ts';
import type { ShownRendition } from '../shown-rendition.ts';
import { Events } from './hls-events.ts';

/** Media time of what was appended, s; null for a segment without media. */
export function appendedRange(segment: Fragment | Part, track: TrackType): { start: number; end: number } | null {
  const { audio, video, audiovideo } = segment.elementaryStreams;
  const stream = track === 'audio' ? (audio ?? audiovideo) : (video ?? audiovideo ?? audio);
  return stream ? { start: stream.startPTS, end: stream.endPTS } : null;
}

/** Tells `buffered` and `flushed`, and keeps {@link ShownRendition} up to date. */
export function reportBuffer(
  hls: Hls,
  facts: FactWriter,
  parts: {
    readonly mainTrack: () => TrackType;
    readonly indexOf: (level: number) => number | null;
    readonly shown: ShownRendition;
  },
): void {
  /** From where to where there is media of a track, so that a flush of "everything up to", or to infinity, has numbers. */
  const extents = new Map<TrackType, { start: number; end: number }>();

  hls.on(Events.FRAG_BUFFERED, (_event, { frag, part, stats }) => {
    if (frag.sn === 'initSegment' || frag.type === 'subtitle') return;
    const main = frag.type === 'main';
    const track = main ? parts.mainTrack() : 'audio';
    const range = appendedRange(part ?? frag, track);
    if (range === null) return;
    const rendition = main ? parts.indexOf(frag.level) : null;
    const extent = extents.get(track) ?? range;
    extents.set(track, { start: Math.min(extent.start, range.start), end: Math.max(extent.end, range.end) });
    facts.tell({ type: 'buffered', track, rendition, ...range, bytes: stats.loaded });
    if (rendition === null) return;
    parts.shown.appended(range.start, range.end, rendition);
    parts.shown.look();
  });

  // hls.js looks at the position every 100 ms, the element tells of it four times a second.
  hls.on(Events.FRAG_CHANGED, () => parts.shown.look());

  // Without its source the element has nothing.
  hls.on(Events.MEDIA_DETACHING, () => {
    for (const [track, { start, end }] of extents) facts.tell({ type: 'flushed', track, start, end });
    extents.clear();
    parts.shown.flushed(0, Number.POSITIVE_INFINITY);
  });

  hls.on(Events.BUFFER_FLUSHED, (_event, { type, start, end, error }) => {
    const main = parts.mainTrack();
    const track = type === 'audio' && main === 'video' ? 'audio' : main;
    // A muxed presentation may have a source buffer for each stream: the picture's stands for both.
    if (error || (type === 'audio' && main === 'muxed')) return;
    const extent = extents.get(track) ?? { start: 0, end: 0 };
    const from = Math.max(start, extent.start);
    const until = Math.min(end, extent.end);
    if (!(until > from)) return;
    if (start <= extent.start) extents.set(track, { start: until, end: Math.max(extent.end, until) });
    else if (end >= extent.end) extents.set(track, { start: extent.start, end: from });
    facts.tell({ type: 'flushed', track, start: from, end: until });
    if (track === main) parts.shown.flushed(from, until);
  });
}
