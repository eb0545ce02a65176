import type Hls from 'hls.js';
import { Events, type Fragment, type Part } from 'hls.js';
import type { TrackType } from '../../media/playback-event.ts';
import type { FactWriter } from '../fact-writer.ts';
import type { ShownRendition } from '../shown-rendition.ts';

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
  /** End of what was ever appended, so that a flush to infinity has a number. */
  const ends = new Map<TrackType, number>();

  hls.on(Events.FRAG_BUFFERED, (_event, { frag, part, stats }) => {
    if (frag.sn === 'initSegment' || frag.type === 'subtitle') return;
    const main = frag.type === 'main';
    const track = main ? parts.mainTrack() : 'audio';
    const range = appendedRange(part ?? frag, track);
    if (range === null) return;
    const rendition = main ? parts.indexOf(frag.level) : null;
    ends.set(track, Math.max(ends.get(track) ?? 0, range.end));
    facts.tell({ type: 'buffered', track, rendition, ...range, bytes: stats.loaded });
    if (rendition === null) return;
    parts.shown.appended(range.start, range.end, rendition);
    parts.shown.look();
  });

  hls.on(Events.BUFFER_FLUSHED, (_event, { type, start, end, error }) => {
    const main = parts.mainTrack();
    const track = type === 'audio' && main === 'video' ? 'audio' : main;
    // A muxed presentation may have a source buffer for each stream: the picture's stands for both.
    if (error || (type === 'audio' && main === 'muxed')) return;
    const until = Math.min(end, ends.get(track) ?? 0);
    if (!(until > start)) return;
    facts.tell({ type: 'flushed', track, start, end: until });
    if (track === main) parts.shown.flushed(start, until);
  });
}
