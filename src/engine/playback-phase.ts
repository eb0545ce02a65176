import type { AbrPhase } from '../abr/strategy.ts';

/** Which phase a decision is made in, from what the element says. */
export interface PlaybackPhase {
  readonly phase: AbrPhase;
  stop(): void;
}

/** s of buffer after a seek out of the buffer at which playback is steady again. */
const REFILLED = 4;

/**
 * `startup` until playback first runs; `seek` from a seek out of the buffer until some seconds are buffered again (or it
 * ran dry and plays again); `steady` otherwise. `bufferLevel` is the forward buffer now, s.
 */
export function playbackPhase(media: HTMLMediaElement, bufferLevel: () => number): PlaybackPhase {
  let phase: AbrPhase = 'startup';
  const listening = new AbortController();
  const { signal } = listening;
  media.addEventListener(
    'playing',
    () => {
      if (phase === 'startup') phase = 'steady';
    },
    { signal },
  );
  media.addEventListener(
    'seeking',
    () => {
      if (phase === 'steady' && bufferLevel() < REFILLED) phase = 'seek';
    },
    { signal },
  );
  return {
    get phase() {
      if (phase === 'seek' && bufferLevel() >= REFILLED) phase = 'steady';
      return phase;
    },
    stop: () => listening.abort(),
  };
}
