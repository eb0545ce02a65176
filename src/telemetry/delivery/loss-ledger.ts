import { type LossReason, MAX_LOST_RANGES } from '../beacon-format.ts';

/** Ranges of seq of one stream that were lost for one reason: first and last, both included. */
export interface LostRanges {
  readonly stream: string;
  readonly reason: LossReason;
  readonly ranges: readonly (readonly [first: number, last: number])[];
}

/** What is lost and not yet told, and the number of the note that tells it: a note that grew keeps its number. */
export interface LossNote extends LostRanges {
  /** < 0: no fact has it. */
  readonly seq: number;
}

/** Remembers what was lost until it is told. */
export interface LossLedger {
  add(stream: string, seq: number, reason: LossReason): void;
  /**
   * The notes that changed since the last call. A note grows as long as `isWaiting` says that it is not on its way; what is lost
   * after that starts another.
   */
  changed(isWaiting: (note: LossNote) => boolean): readonly LossNote[];
  clear(): void;
}

interface Page {
  readonly stream: string;
  readonly reason: LossReason;
  readonly seqs: Set<number>;
  /** Told so far, and under which number; null before it was told at all. */
  note: LossNote | null;
  dirty: boolean;
}

/** Ascending whole numbers as ranges. */
function toRanges(seqs: readonly number[]): (readonly [number, number])[] {
  const ranges: [number, number][] = [];
  for (const seq of seqs) {
    const last = ranges.at(-1);
    if (last !== undefined && seq <= last[1] + 1) last[1] = seq;
    else ranges.push([seq, seq]);
  }
  return ranges;
}

/**
 * Makes an empty {@link LossLedger}.
 *
 * @param before  notes count down from here: what several pages say of one stream must not have the same number
 */
export function lossLedger(before = 0): LossLedger {
  const pages = new Map<string, Page>();
  let last = before;

  const noteOf = ({ stream, reason, seqs, note }: Page): LossNote => {
    const ranges = toRanges([...seqs].sort((a, b) => a - b));
    if (note === null) last -= 1;
    return { stream, reason, ranges: ranges.slice(0, MAX_LOST_RANGES), seq: note?.seq ?? last };
  };

  const turn = (page: Page): void => {
    const told = page.note?.ranges ?? [];
    for (const [first, last] of told) for (let seq = first; seq <= last; seq += 1) page.seqs.delete(seq);
    page.note = null;
  };

  return {
    add(stream, seq, reason) {
      const key = `${reason} ${stream}`;
      const page = pages.get(key) ?? { stream, reason, seqs: new Set(), note: null, dirty: true };
      page.seqs.add(seq);
      page.dirty = true;
      pages.set(key, page);
    },
    changed(isWaiting) {
      const notes: LossNote[] = [];
      for (const [key, page] of pages) {
        if (page.note !== null && (!isWaiting(page.note) || page.note.ranges.length >= MAX_LOST_RANGES)) turn(page);
        if (page.seqs.size === 0) pages.delete(key);
        if (!page.dirty || page.seqs.size === 0) continue;
        page.note = noteOf(page);
        // More ranges than a note holds: the next one tells the rest.
        page.dirty = page.note.ranges.length >= MAX_LOST_RANGES;
        notes.push(page.note);
      }
      return notes;
    },
    clear: () => pages.clear(),
  };
}
