/** A stretch of media time, s. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** s by which a position may miss the start of a range and still play on into it. */
const GAP = 0.1;

/** s of media from `position` on without a gap. */
export function bufferAhead(ranges: readonly Range[], position: number): number {
  let end = position;
  for (const range of ranges) {
    if (range.start <= end + GAP && range.end > end) end = range.end;
  }
  return end - position;
}

/** What of `before` is no longer in `now`; both ascending. Slivers under `least` s are rounding, not media. */
export function rangesLost(before: readonly Range[], now: readonly Range[], least = 0.2): readonly Range[] {
  let left: readonly Range[] = before;
  for (const { start, end } of now) {
    left = left.flatMap((range) => [
      { start: range.start, end: Math.min(range.end, start) },
      { start: Math.max(range.start, end), end: range.end },
    ]);
    left = left.filter((range) => range.end > range.start);
  }
  return left.filter((range) => range.end - range.start >= least);
}
