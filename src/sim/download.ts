import type { AbrChoice } from '../abr/abr-controller.ts';
import type { DownloadProgress } from '../abr/strategy.ts';
import type { Network, NetworkStep } from './network.ts';
import type { Playhead } from './playhead.ts';
import type { LookRule } from './profile.ts';

/** One segment to bring: bits of its picture, and of the sound that is still to be fetched beside it. */
export interface DownloadTask {
  readonly index: number;
  readonly pictureBits: number;
  readonly soundBits: number;
}

/** What came of it. Times in s on the session clock. */
export interface DownloadResult {
  readonly asked: number;
  /** Null if it was given up before. */
  readonly firstByte: number | null;
  readonly pictureBits: number;
  readonly soundBits: number;
  /** Why it was given up, and for what; null when it is all there. */
  readonly givenUp: AbrChoice | null;
}

/** What a download happens in. */
export interface DownloadParts {
  readonly link: Network;
  readonly head: Playhead;
  /** ms that it takes besides latency and bytes, see PlayerProfile. */
  readonly requestMs: { readonly before: number; readonly after: number };
  /** When it is looked at; null lets it end. */
  readonly look: LookRule | null;
  readonly ask: (progress: DownloadProgress) => AbrChoice | null;
  /** The sound has arrived, whole. */
  readonly onSound: (asked: number, firstByte: number) => void;
}

/**
 * Brings a segment over the link while the playhead goes on. Picture and sound are asked for at once and share the link in equal
 * parts until the sound is there.
 */
export function download({ index, pictureBits, soundBits }: DownloadTask, parts: DownloadParts): DownloadResult {
  const { link, head, look, requestMs } = parts;
  const asked = head.now();
  const pass = (timeMs: number): void => {
    if (timeMs === 0) return;
    link.wait(timeMs);
    head.advance(timeMs);
  };
  /** Bits of both until the sound is there, and of all. */
  const together = Math.min(2 * soundBits, pictureBits + soundBits);
  const total = pictureBits + soundBits;
  pass(requestMs.before);
  if (look === null) {
    const latencyMs = link.latency(1, Number.POSITIVE_INFINITY).timeMs;
    const firstByte = asked + (requestMs.before + latencyMs) / 1000;
    if (soundBits > 0) {
      head.advance(latencyMs + link.transfer(together));
      parts.onSound(asked, firstByte);
      head.advance(link.transfer(total - together));
    } else head.advance(latencyMs + link.transfer(total));
    pass(requestMs.after);
    return { asked, firstByte, pictureBits, soundBits, givenUp: null };
  }

  /** s since it was asked for. */
  let firstByte: number | null = null;
  let left = total;
  let elapsedMs = requestMs.before;
  let leastMs = look.timeMs;
  let givenUp: AbrChoice | null = null;
  const passed = ({ timeMs }: NetworkStep): void => {
    elapsedMs += timeMs;
    leastMs -= timeMs;
    head.advance(timeMs);
  };
  const soundSoFar = (): number => Math.min((total - left) / 2, soundBits);
  const ask = (): AbrChoice | null => {
    leastMs = look.timeMs;
    const received = total - left - soundSoFar();
    const bytes = received / 8;
    return parts.ask({ index, elapsed: elapsedMs / 1000, firstByte, bytes, totalBytes: pictureBits / 8 });
  };

  for (let share = 1; share > 0 && givenUp === null; ) {
    const step = link.latency(share, look.duringLatency ? leastMs : Number.POSITIVE_INFINITY);
    share = step.left;
    passed(step);
    if (share > 0) givenUp = ask();
    else firstByte = elapsedMs / 1000;
  }
  while (givenUp === null && left > 0) {
    const shared = total - left < together;
    const end = shared ? total - together : 0;
    const step = link.step(left - end, look.bits, leastMs);
    left = step.left + end;
    passed(step);
    if (shared && step.left === 0) parts.onSound(asked, asked + (firstByte ?? 0));
    if (left > 0 && !(shared && step.left === 0)) givenUp = ask();
  }
  if (givenUp === null) pass(requestMs.after);
  return {
    asked,
    firstByte: firstByte === null ? null : asked + firstByte,
    pictureBits: total - left - soundSoFar(),
    soundBits: soundSoFar(),
    givenUp,
  };
}
