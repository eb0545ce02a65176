import type { AbrChoice } from '../abr/abr-controller.ts';
import type { DownloadProgress } from '../abr/strategy.ts';
import type { Line } from './line.ts';
import type { NetworkStep } from './network.ts';
import type { LookRule } from './profile.ts';

/** One segment to bring. */
export interface DownloadTask {
  readonly index: number;
  readonly bits: number;
}

/** What came of it. Times in s since it was asked for. */
export interface DownloadResult {
  /** Null if it was given up before. */
  readonly firstByte: number | null;
  readonly bits: number;
  /** Why it was given up, and for what; null when it is all there. */
  readonly givenUp: AbrChoice | null;
}

/** What a download happens in. */
export interface DownloadParts {
  readonly line: Line;
  /** ms that it takes besides latency and bytes, see PlayerProfile. */
  readonly requestMs: { readonly before: number; readonly after: number };
  /** When it is looked at; null lets it end. */
  readonly look: LookRule | null;
  readonly ask: (progress: DownloadProgress) => AbrChoice | null;
}

/** Brings a segment over the line. */
export function download({ index, bits }: DownloadTask, parts: DownloadParts): DownloadResult {
  const { line, look, requestMs } = parts;
  const pass = (timeMs: number): void => {
    if (timeMs > 0) line.wait(timeMs);
  };
  pass(requestMs.before);
  if (look === null) {
    const firstByte = (requestMs.before + line.fetch(bits)) / 1000;
    pass(requestMs.after);
    return { firstByte, bits, givenUp: null };
  }

  let firstByte: number | null = null;
  let left = bits;
  let elapsedMs = requestMs.before;
  let leastMs = look.timeMs - requestMs.before;
  let givenUp: AbrChoice | null = null;
  const passed = ({ timeMs }: NetworkStep): void => {
    elapsedMs += timeMs;
    leastMs -= timeMs;
  };
  const ask = (): AbrChoice | null => {
    leastMs = look.timeMs;
    const came = bits - left;
    const linkBytes = (came + (firstByte === null ? 0 : line.beside())) / 8;
    return parts.ask({
      index,
      elapsed: elapsedMs / 1000,
      firstByte,
      bytes: came / 8,
      linkBytes,
      totalBytes: bits / 8,
    });
  };

  for (let share = 1; share > 0 && givenUp === null; ) {
    const step = line.latency(share, look.duringLatency ? leastMs : Number.POSITIVE_INFINITY);
    share = step.left;
    passed(step);
    if (share > 0) givenUp = ask();
    else firstByte = elapsedMs / 1000;
  }
  while (givenUp === null && left > 0) {
    const step = line.step(left, look.bits, leastMs);
    left = step.left;
    passed(step);
    if (left > 0) givenUp = ask();
  }
  if (givenUp === null) pass(requestMs.after);
  return { firstByte, bits: bits - left, givenUp };
}
