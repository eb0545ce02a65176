import type { RequestKind, SegmentReference } from '../../media/playback-event.ts';
import type { ShakaSegment } from './segment-facts.ts';
import type { Stream } from './variants.ts';

/** One request of shaka's on its way through the pipeline. */
export interface ShakaRequest {
  readonly kind: RequestKind;
  /** The stream and segment it is for; null for everything but segments. */
  readonly stream: Stream | null;
  /** Null for an initialization segment too. */
  readonly segment: ShakaSegment | null;
  readonly reference: SegmentReference | null;
}

/** Thrown while a request waits for its turn when shaka shall ask again from another stream: to shaka it was aborted. */
export const DIVERTED = Symbol('diverted');
