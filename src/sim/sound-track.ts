import type { Playhead } from './playhead.ts';
import type { SoundRule } from './profile.ts';

/** A sound segment that has arrived. Times in s on the session clock. */
export interface SoundArrival {
  readonly segment: number;
  readonly asked: number;
  readonly firstByte: number;
}

/** What the fetching of sound needs. Times in ms where not named otherwise. */
export interface SoundTrackParts {
  /** Bits and ms of each segment. */
  readonly bits: readonly number[];
  readonly durations: readonly number[];
  readonly rule: SoundRule;
  readonly requestMs: { readonly before: number; readonly after: number };
  /** Forward buffer at which fetching stops. */
  readonly targetMs: number;
  readonly head: Playhead;
  /** Latency of a request that leaves now. */
  readonly latencyMs: () => number;
  readonly onArrival: (arrival: SoundArrival) => void;
}

/** Fetches the sound, segment after segment, while others let the time pass. */
export interface SoundTrack {
  /** Playlists are there: the first segment may be asked for. */
  start(): void;
  /** Another picture segment is in the buffer. */
  pictureArrived(): void;
  /** Bits that are on their way; 0 when there are none. */
  bits(): number;
  /** ms until something happens that no bits decide. */
  timerMs(): number;
  /** What passed: never more than {@link timerMs} and {@link bits} allowed. */
  pass(timeMs: number, bits: number): void;
  /** All segments have arrived. */
  over(): boolean;
}

/** Less than this is a rounding error, ms. */
const NOTHING = 1e-9;

/** The sound of a movie, not yet begun. */
export function soundTrack(parts: SoundTrackParts): SoundTrack {
  const { rule, requestMs, head } = parts;
  let phase: 'idle' | 'held' | 'asking' | 'arriving' | 'settling' = 'idle';
  let timer = Number.POSITIVE_INFINITY;
  let left = 0;
  let next = 0;
  let pictures = 0;
  let endMs = 0;
  let asked = 0;
  let firstByte = 0;

  const over = (): boolean => next === parts.bits.length;
  const enter = (to: typeof phase, timeMs: number): void => {
    phase = to;
    timer = timeMs;
  };
  const consider = (): void => {
    const room = endMs - head.position() * 1000 < parts.targetMs;
    if (over()) enter('idle', Number.POSITIVE_INFINITY);
    else if (next > pictures + rule.ahead || !room) enter('held', rule.pollMs);
    else {
      asked = head.now();
      enter('asking', requestMs.before + parts.latencyMs());
    }
  };
  const arrive = (): void => {
    if (phase === 'asking') {
      firstByte = head.now();
      left = parts.bits[next] ?? 0;
      enter('arriving', left > 0 ? Number.POSITIVE_INFINITY : 0);
    } else if (phase === 'arriving') enter('settling', requestMs.after);
    else if (phase === 'settling') {
      const segment = next;
      endMs += parts.durations[segment] ?? 0;
      next += 1;
      parts.onArrival({ segment, asked, firstByte });
      consider();
    } else consider();
  };

  return {
    start: consider,
    pictureArrived() {
      pictures += 1;
      if (phase === 'held' && rule.prompt) consider();
    },
    bits: () => (phase === 'arriving' ? left : 0),
    timerMs: () => timer,
    pass(timeMs, bits) {
      timer -= timeMs;
      left -= bits;
      if (phase === 'arriving' ? left <= 0 : timer <= NOTHING) arrive();
    },
    over,
  };
}
