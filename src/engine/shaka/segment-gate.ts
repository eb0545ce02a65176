import type { AbrChoice } from '../../abr/abr-controller.ts';
import type { AbrInput } from '../../abr/strategy.ts';
import type { Fact } from '../../media/playback-event.ts';

/** A picture segment that shaka wants to request: its rung, and where it lies (media time, s). */
export interface WantedSegment {
  readonly index: number;
  readonly start: number;
  readonly end: number;
}

/** Request it, after `wait` s; or not at all, because shaka was told to stream another rung and will ask again. */
export type Admission = { readonly admitted: true; readonly wait: number } | { readonly admitted: false };

/** Decides upon each picture segment at the moment shaka is about to request it. */
export interface SegmentGate {
  admit(wanted: WantedSegment, input: AbrInput): Admission;
  /** A download was given up: what takes its place was decided and told of. */
  replaced(given: WantedSegment, choice: AbrChoice): void;
}

/** What the gate acts through. `switchTo` streams another rung; false if it cannot be done now. */
export interface SegmentGateParts {
  decide(input: AbrInput): AbrChoice;
  tell(fact: Fact): void;
  switchTo(index: number): boolean;
}

/** s by which segments of two rungs may miss each other and still be the same part of the presentation. */
const TOLERANCE = 0.1;
/** A strategy that answers differently each time it is asked must not keep a segment from being fetched. */
const MAX_DETOURS = 3;

const overlap = (a: WantedSegment, b: WantedSegment): boolean =>
  a.start < b.end - TOLERANCE && b.start < a.end - TOLERANCE;

/**
 * Asks `decide` for every segment with what is true at that moment. If the answer is the rung at hand, the decision is told
 * and the request goes out. If not, shaka is sent to the other rung, comes back with the same part of the presentation from
 * there, and finds the decision made: so there is one decision a segment, told when it is acted on.
 */
export function segmentGate({ decide, tell, switchTo }: SegmentGateParts): SegmentGate {
  /** What was decided for a part of the presentation that shaka has yet to come back with. */
  let expected: { readonly wanted: WantedSegment; readonly choice: AbrChoice; readonly told: boolean } | null = null;
  let detours = 0;

  const admitted = (choice: AbrChoice, index: number, told: boolean): Admission => {
    expected = null;
    detours = 0;
    if (!told) {
      const { fact } = choice;
      const kept =
        fact.index === index ? fact : { ...fact, index, reason: `${fact.reason} (the engine kept ${index})` };
      tell(kept);
    }
    return { admitted: true, wait: choice.wait ?? 0 };
  };

  const admit = (wanted: WantedSegment, input: AbrInput): Admission => {
    if (expected !== null && expected.choice.index === wanted.index && overlap(expected.wanted, wanted)) {
      return admitted(expected.choice, wanted.index, expected.told);
    }
    const choice = decide(input);
    if (choice.index === wanted.index || detours >= MAX_DETOURS) return admitted(choice, wanted.index, false);
    expected = { wanted, choice, told: false };
    detours += 1;
    return switchTo(choice.index) ? { admitted: false } : admitted(choice, wanted.index, false);
  };

  return {
    admit,
    replaced(given, choice) {
      expected = { wanted: given, choice, told: true };
    },
  };
}
