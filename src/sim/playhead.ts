import type { Report } from '../media/playback-event.ts';

/** Media in the buffer and time passing over it: what a media element does, without one. Times in s where not named ms. */
export interface Playhead {
  now(): number;
  position(): number;
  /** Forward buffer. */
  level(): number;
  playing(): boolean;
  started(): boolean;
  rate(): number;
  /** Session clock at the first frame; null before it. */
  startedAt(): number | null;
  stallTime(): number;
  stallCount(): number;
  /** Lets time pass: media is played while there is any. */
  advance(timeMs: number): void;
  /** Puts the next segment behind the buffer's end. */
  append(rendition: number, durationMs: number): void;
  /** Starts playback, or goes on with it, if `needed` s are there; it does not if it plays already. */
  play(needed: number): void;
  setRate(rate: number): void;
  /** Plays what is left, to the end of the media. */
  finish(): void;
}

/**
 * A playhead at 0 with an empty buffer. It tells `waiting`, `playing`, `rateChange` and `ended` as an element would, and where
 * `shown` is given `renditionChange` when another rendition comes on screen. It counts in ms, for the reason that the
 * network does.
 *
 * @param tell  for the facts everybody needs
 * @param shown for the facts that only a log needs; null leaves them out
 */
export function playhead(tell: Report, shown: Report | null): Playhead {
  let nowMs = 0;
  let positionMs = 0;
  let endMs = 0;
  let rate = 1;
  let state: 'startup' | 'playing' | 'waiting' = 'startup';
  let startedAt: number | null = null;
  let stalledAtMs = 0;
  let stallMs = 0;
  let stallCount = 0;
  /** Segments whose playback has not begun, and the rendition on screen. */
  const coming: { readonly startMs: number; readonly rendition: number }[] = [];
  let onScreen = -1;

  const show = (untilMs: number): void => {
    for (let next = coming[0]; next !== undefined && next.startMs <= untilMs; next = coming[0]) {
      coming.shift();
      if (next.rendition === onScreen) continue;
      onScreen = next.rendition;
      const atMs = nowMs + Math.max(next.startMs - positionMs, 0) / rate;
      shown?.({ type: 'renditionChange', at: atMs / 1000, index: onScreen, position: next.startMs / 1000 });
    }
  };

  return {
    now: () => nowMs / 1000,
    position: () => positionMs / 1000,
    level: () => (endMs - positionMs) / 1000,
    playing: () => state === 'playing',
    started: () => startedAt !== null,
    rate: () => rate,
    startedAt: () => startedAt,
    stallTime: () => stallMs / 1000,
    stallCount: () => stallCount,
    advance(timeMs) {
      if (state === 'playing') {
        const levelMs = endMs - positionMs;
        const mediaMs = timeMs * rate;
        if (shown !== null) show(Math.min(positionMs + mediaMs, endMs));
        if (mediaMs > levelMs) {
          state = 'waiting';
          stalledAtMs = nowMs + levelMs / rate;
          stallCount += 1;
          positionMs = endMs;
          tell({ type: 'waiting', at: stalledAtMs / 1000, position: endMs / 1000 });
        } else positionMs += mediaMs;
      }
      nowMs += timeMs;
    },
    append(rendition, durationMs) {
      if (shown !== null) coming.push({ startMs: endMs, rendition });
      endMs += durationMs;
    },
    play(needed) {
      if (state === 'playing' || endMs - positionMs < needed * 1000) return;
      if (state === 'waiting') stallMs += nowMs - stalledAtMs;
      else startedAt = nowMs / 1000;
      state = 'playing';
      tell({ type: 'playing', at: nowMs / 1000, position: positionMs / 1000 });
      if (shown !== null) show(positionMs);
    },
    setRate(next) {
      if (next === rate) return;
      rate = next;
      tell({ type: 'rateChange', at: nowMs / 1000, position: positionMs / 1000, rate });
    },
    finish() {
      if (shown !== null) show(endMs);
      nowMs += (endMs - positionMs) / rate;
      positionMs = endMs;
      tell({ type: 'ended', at: nowMs / 1000, position: endMs / 1000 });
    },
  };
}
