import type { Clock } from '../../media/clock.ts';
import type { PlayerError } from '../../media/player-error.ts';
import { isRetryable } from '../../net/retry.ts';
import { attemptBudget } from '../attempt-budget.ts';
import type { ShakaRequest } from './transport.ts';

/**
 * What becomes of a segment that the pipeline could not get: shaka looks `elsewhere` (disables the stream and takes another),
 * asks again `later`, or goes on without it.
 */
export type SegmentFate = 'elsewhere' | 'later' | 'leaveOut';

/** Judges segments that failed. */
export interface LostSegments {
  /** `alternatives`: other rungs are open for this part of the presentation. */
  judge(request: ShakaRequest, failure: PlayerError, alternatives: boolean): SegmentFate;
  /** A segment arrived: the network works. */
  arrived(request: ShakaRequest, uri: string): void;
  /** The segment that came from this URL could not be appended. */
  broken(uri: string): void;
  /** Whether a segment was broken in one rung after the other, so that it is left out rather than asked for again. */
  isBroken(request: ShakaRequest): boolean;
}

/** Segments left out in a minute; more are no accident of packaging. */
const MOST_LEFT_OUT = 5;
const LEFT_OUT_WINDOW = 60;
/** Renditions in which a segment must be broken before it is taken to be broken in all. */
const BROKEN_IN = 2;
/** URLs remembered, and broken places: what was appended lately. */
const MOST_REMEMBERED = 20;

/** A `free` box without content (ISO/IEC 14496-12, 8.1.2): the shortest thing that may stand for a segment of MP4. */
export const EMPTY_MP4 = Uint8Array.of(0, 0, 0, 8, 0x66, 0x72, 0x65, 0x65).buffer;

const isMp4 = ({ stream }: ShakaRequest): boolean => stream?.mimeType.endsWith('/mp4') ?? false;

/** Makes {@link LostSegments}. */
export function lostSegments(clock: Clock): LostSegments {
  const budget = attemptBudget(clock, MOST_LEFT_OUT, LEFT_OUT_WINDOW);
  let unreachable = false;
  /** Where in the presentation the segments of late lie, by URL; and in how many renditions each place was broken. */
  const places = new Map<string, string>();
  const broken = new Map<string, number>();
  const placeOf = ({ stream, reference }: ShakaRequest): string => `${stream?.type} ${reference?.start.toFixed(1)}`;
  const limit = (map: Map<string, unknown>): void => {
    const [oldest] = map.keys();
    if (map.size > MOST_REMEMBERED && oldest !== undefined) map.delete(oldest);
  };
  return {
    judge(request, failure, alternatives) {
      if (isRetryable(failure)) {
        // The second stream in a row that cannot be reached: it is the network then, and every other stream would fail too.
        const again = unreachable;
        unreachable = true;
        return again ? 'later' : 'elsewhere';
      }
      if (alternatives || request.kind !== 'segment' || !isMp4(request)) return 'elsewhere';
      return budget.take() === null ? 'elsewhere' : 'leaveOut';
    },
    arrived(request, uri) {
      unreachable = false;
      places.set(uri, placeOf(request));
      limit(places);
    },
    broken(uri) {
      const place = places.get(uri);
      places.delete(uri);
      if (place === undefined) return;
      broken.set(place, (broken.get(place) ?? 0) + 1);
      limit(broken);
    },
    isBroken: (request) => (broken.get(placeOf(request)) ?? 0) >= BROKEN_IN && isMp4(request) && budget.take() !== null,
  };
}
