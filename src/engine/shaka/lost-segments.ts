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
  arrived(request: ShakaRequest): void;
}

/** Segments left out in a minute; more are no accident of packaging. */
const MOST_LEFT_OUT = 5;
const LEFT_OUT_WINDOW = 60;

/** A `free` box without content (ISO/IEC 14496-12, 8.1.2): the shortest thing that may stand for a segment of MP4. */
export const EMPTY_MP4 = Uint8Array.of(0, 0, 0, 8, 0x66, 0x72, 0x65, 0x65).buffer;

const isMp4 = ({ stream }: ShakaRequest): boolean => stream?.mimeType.endsWith('/mp4') ?? false;

/** Failures of the network in a row after which another stream is tried although nothing shows that the network works. */
const GAMBLE_AFTER = 3;

/** Makes {@link LostSegments}. */
export function lostSegments(clock: Clock): LostSegments {
  const budget = attemptBudget(clock, MOST_LEFT_OUT, LEFT_OUT_WINDOW);
  /** Failures of the network in a row, by type of stream, and when the first of them was. */
  const streaks = new Map<string | undefined, { readonly since: number; readonly failures: number }>();
  let lastArrival = Number.NEGATIVE_INFINITY;

  /**
   * Another stream needs its playlist first, so going there while the network is gone only makes things worse. That other things
   * arrive shows that it is not the network; where there are none, every third failure is taken for the stream's.
   */
  const unreachable = ({ stream }: ShakaRequest): SegmentFate => {
    const { since, failures } = streaks.get(stream?.type) ?? { since: clock.now(), failures: 0 };
    streaks.set(stream?.type, { since, failures: failures + 1 });
    return lastArrival > since || (failures + 1) % GAMBLE_AFTER === 0 ? 'elsewhere' : 'later';
  };

  return {
    judge(request, failure, alternatives) {
      if (isRetryable(failure)) return unreachable(request);
      if (alternatives || request.kind !== 'segment' || !isMp4(request)) return 'elsewhere';
      return budget.take() === null ? 'elsewhere' : 'leaveOut';
    },
    arrived({ stream }) {
      lastArrival = clock.now();
      streaks.delete(stream?.type);
    },
  };
}
