import type { EventOf, PlaybackEvent } from '../media/playback-event.ts';
import type { Ladder } from '../media/rendition.ts';
import { type Movie, toMovie } from './movie.ts';

/** What of a movie a recorded session shows: the stretch that was fetched without a hole, from its first segment on. */
export interface SessionMovie {
  readonly movie: Movie;
  /** The rendition that really was fetched for each segment (the last one, where there were several). */
  readonly levels: readonly number[];
  /** s of media time at which the stretch begins. */
  readonly start: number;
  /** Share of the sizes that are known; the others follow from the ladder's proportions. */
  readonly known: number;
}

interface Segment {
  readonly start: number;
  readonly duration: number;
  rendition: number;
  /** By rendition, bytes. */
  readonly sizes: Map<number, number>;
}

/** s by which two segments' times may differ and still meet. */
const TOLERANCE = 0.1;

/**
 * Ladder and segments of a movie from a session that played it. Sizes of what was fetched are real; those of other renditions of the
 * same segment are taken to be in proportion to the declared bitrates, as Sabre's abandonment does. Sound fetched
 * apart is counted into every segment at its mean rate, since it went over the same link.
 *
 * @throws RangeError if the session has no manifest fact, or no whole picture segment
 */
export function movieFromSession(events: readonly PlaybackEvent[]): SessionMovie {
  const manifest = events.find((event): event is EventOf<'manifest'> => event.type === 'manifest');
  if (manifest === undefined) throw new RangeError('session must have a manifest fact, got none');
  const segments = unbroken(fetchedSegments(events, manifest.ladder.length));
  const first = segments[0];
  if (first === undefined) throw new RangeError('session must have fetched a whole picture segment, got none');
  const sound = soundRate(events);
  const sizes = segments.map((segment) => rowOf(segment, manifest.ladder, sound));
  const counted = segments.reduce((sum, segment) => sum + segment.sizes.size, 0);
  return {
    movie: toMovie({
      id: 'session',
      ladder: manifest.ladder,
      segmentDuration: manifest.segmentDuration ?? first.duration,
      durations: segments.map(({ duration }) => duration),
      sizes,
    }),
    levels: segments.map(({ rendition }) => rendition),
    start: first.start,
    known: counted / (segments.length * manifest.ladder.length),
  };
}

function fetchedSegments(events: readonly PlaybackEvent[], renditions: number): Segment[] {
  const byStart = new Map<number, Segment>();
  for (const event of events) {
    if (event.type !== 'request' || event.kind !== 'segment' || event.outcome !== 'ok' || event.segment === null)
      continue;
    const { track, rendition, start, duration } = event.segment;
    if ((track !== 'video' && track !== 'muxed') || rendition === null || rendition >= renditions) continue;
    if (!(duration > 0 && event.bytes > 0)) continue;
    const key = Math.round(start / TOLERANCE);
    const known = byStart.get(key) ?? byStart.get(key - 1) ?? byStart.get(key + 1);
    const segment = known ?? { start, duration, rendition, sizes: new Map<number, number>() };
    segment.rendition = rendition;
    segment.sizes.set(rendition, event.bytes);
    if (known === undefined) byStart.set(key, segment);
  }
  return [...byStart.values()].sort((a, b) => a.start - b.start);
}

/** Segments from the first on, as long as each begins where the one before ended. */
function unbroken(segments: readonly Segment[]): Segment[] {
  const stretch: Segment[] = [];
  for (const segment of segments) {
    const before = stretch.at(-1);
    if (before !== undefined && Math.abs(before.start + before.duration - segment.start) > TOLERANCE) break;
    stretch.push(segment);
  }
  return stretch;
}

/** Bytes/s of media of sound that has segments of its own; 0 where there is none. */
function soundRate(events: readonly PlaybackEvent[]): number {
  let bytes = 0;
  let time = 0;
  for (const event of events) {
    if (event.type !== 'request' || event.outcome !== 'ok' || event.segment?.track !== 'audio') continue;
    bytes += event.bytes;
    time += event.segment.duration;
  }
  return time > 0 ? bytes / time : 0;
}

/** Bytes by rendition: what was fetched, else in proportion to the known rendition nearest to it. */
function rowOf({ duration, sizes }: Segment, ladder: Ladder, sound: number): number[] {
  const known = [...sizes.keys()];
  return ladder.map(({ bitrate }, index) => {
    const nearest = known.reduce((best, other) => (Math.abs(other - index) < Math.abs(best - index) ? other : best));
    const size = ((sizes.get(nearest) ?? 0) * bitrate) / (ladder[nearest]?.bitrate ?? bitrate);
    return size + sound * duration;
  });
}
