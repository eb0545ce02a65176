import type { Clock } from '../../media/clock.ts';
import type { PlayerError } from '../../media/player-error.ts';
import { isRetryable } from '../../net/retry.ts';
import { attemptBudget } from '../attempt-budget.ts';
import type { ShakaRequest } from './shaka-request.ts';

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
  arrived(): void;
}

/** Segments left out in a minute; more are no accident of packaging. */
const MOST_LEFT_OUT = 5;
const LEFT_OUT_WINDOW = 60;

/** A `free` box without content (ISO/IEC 14496-12, 8.1.2): the shortest thing that may stand for a segment of MP4. */
export const EMPTY_MP4 = Uint8Array.of(0, 0, 0, 8, 0x66, 0x72, 0x65, 0x65).buffer;

const isMp4 = ({ stream }: ShakaRequest): boolean => stream?.mimeType.endsWith('/mp4') ?? false;

/** Makes {@link LostSegments}. */
export function lostSegments(clock: Clock): LostSegments {
  const budget = attemptBudget(clock, MOST_LEFT_OUT, LEFT_OUT_WINDOW);
  let unreachable = false;
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
    arrived() {
      unreachable = false;
    },
  };
}
