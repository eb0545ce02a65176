import type { DownloadProgress } from './strategy.ts';

/** A download in flight in the terms that the abandonment rules of the literature use. */
export interface MeasuredProgress {
  /** s from the request to the first byte. */
  readonly firstByte: number;
  /** Whole size, bits: what the server said, else `expected`. */
  readonly size: number;
  readonly received: number;
  readonly left: number;
  /** bits/s that the link carried since the first byte. */
  readonly rate: number;
}

/** Null while nothing can be said: no byte yet, or nothing left. `expected` is bits, used where no length was announced. */
export function measure(progress: DownloadProgress, expected: number): MeasuredProgress | null {
  const { elapsed, firstByte, bytes, linkBytes = bytes, totalBytes } = progress;
  if (firstByte === null || bytes <= 0) return null;
  const received = bytes * 8;
  const size = totalBytes === null ? expected : totalBytes * 8;
  const left = size - received;
  const transfer = elapsed - firstByte;
  if (!(left > 0 && transfer > 0)) return null;
  return { firstByte, size, received, left, rate: (linkBytes * 8) / transfer };
}
