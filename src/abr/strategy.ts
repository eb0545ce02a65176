import type { EventOf, PlaybackEvent } from '../media/playback-event.ts';
import type { Ladder } from '../media/rendition.ts';

/** Which situation a choice is made in: nothing played yet, steady playback, or refilling after a seek. */
export type AbrPhase = 'startup' | 'steady' | 'seek';

/**
 * What an engine knows when it asks which rendition to fetch next. Times in s, `candidates` and `current` are indices into
 * the ladder.
 */
export interface AbrInput {
  readonly ladder: Ladder;
  /** What the engine can play now (healthy, decodable, codec continuous): ascending, never empty. */
  readonly candidates: readonly number[];
  /** The rendition of the last segment asked for; null before the first. */
  readonly current: number | null;
  readonly segment: {
    /** As the engine counts; the first of a VOD presentation is 0. Null where the engine does not say. */
    readonly number: number | null;
    /** Media time at which it starts, s. */
    readonly start: number;
    /** s. */
    readonly duration: number;
    /** Bytes for each rendition, where known (null entries: not known). */
    readonly sizes: readonly (number | null)[] | null;
    /** The same for the segments after it, in order, as many as are known; absent where none is. */
    readonly upcoming?: readonly (readonly (number | null)[])[];
    /** How many segments are left, this one included; null when live or not known. */
    readonly remaining: number | null;
  };
  /** Forward buffer of the track decided upon. */
  readonly bufferLevel: number;
  /** Where the engine stops fetching. */
  readonly bufferTarget: number;
  readonly position: number;
  readonly playbackRate: number;
  readonly phase: AbrPhase;
  /** Session clock, s, where the engine says it; else the time of the last fact is taken. */
  readonly now?: number;
  /** Latency behind the live edge and its target; null for VOD. */
  readonly live: { readonly latency: number | null; readonly target: number | null } | null;
}

/**
 * What a strategy chooses from: the engine's input with `candidates` narrowed to what caps allow, plus estimates of the
 * controller.
 */
export interface AbrContext extends AbrInput {
  /** Session clock, s. */
  readonly now: number;
  /** Estimated throughput, bits/s; null before there is an estimate. */
  readonly throughput: number | null;
  /** Estimated time to first byte, s; null before there is an estimate. */
  readonly latency: number | null;
  /** The latest the edge said of itself (CMSD); null if it never did. */
  readonly edge: EventOf<'edge'> | null;
}

/**
 * A choice: `index` into the ladder, and why, in words for a person. `wait` asks the engine to hold the request back that
 * many s (BOLA's pause); engines may cut it short.
 */
export interface AbrDecision {
  readonly index: number;
  readonly reason: string;
  readonly wait?: number;
}

/**
 * A download in flight: s since the request left, s to the first byte (null before it), bytes received and expected (null if not known).
 * `linkBytes` is what all requests brought since the first byte, this one included.
 */
export interface DownloadProgress {
  readonly index: number;
  readonly elapsed: number;
  readonly firstByte: number | null;
  readonly bytes: number;
  readonly linkBytes?: number;
  readonly totalBytes: number | null;
}

/**
 * A pluggable choice of rendition. `decide` is a question: it changes nothing and may be asked any number of times;
 * memory changes only in `observe`, which sees every fact of the session in order, its own decisions included.
 */
export interface AbrStrategy {
  readonly name: string;
  decide(context: AbrContext): AbrDecision;
  observe?(event: PlaybackEvent): void;
  /**
   * Whether to give up the download in flight for another rendition; null to go on. Without it, and while no byte of it
   * has arrived, the controller's own rule applies (`defaultAbandon`).
   */
  abandon?(context: AbrContext, progress: DownloadProgress): AbrDecision | null;
}

/** The highest candidate that satisfies `fits`, walking up from the lowest and stopping at the first that fails; the lowest if none does. */
export function highestWalkingUp(candidates: readonly number[], fits: (index: number) => boolean): number {
  let chosen = candidates[0] ?? 0;
  for (const index of candidates) {
    if (!fits(index)) break;
    chosen = index;
  }
  return chosen;
}

/** The highest candidate not above `index`; the lowest candidate if all are above it. */
export function nearestCandidate(candidates: readonly number[], index: number): number {
  let chosen = candidates[0] ?? 0;
  for (const candidate of candidates) if (candidate <= index) chosen = candidate;
  return chosen;
}
