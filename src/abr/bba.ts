import { bufferLimit } from './buffer-limit.ts';
import { type Rungs, rungAt, rungsCache } from './rungs.ts';
import { sessionMemory } from './session-memory.ts';
import type { AbrContext, AbrStrategy } from './strategy.ts';

/** Options of {@link bba}. */
export interface BbaOptions {
  /**
   * 0: a map from buffer to bitrate; 1: from buffer to segment size, with a reservoir that grows ahead of large segments; 2: the
   * same, with throughput to climb by in the first segments. Default 2.
   */
  readonly variant?: 0 | 1 | 2;
  /** Share of the buffer under which the lowest is chosen, where sizes ahead do not say better. Default 0.375: 90 s of the paper's 240. */
  readonly reservoir?: number;
  /** Share of the buffer from which on the highest is chosen. Default 0.9: 216 s of 240. */
  readonly full?: number;
}

/** Bounds of the reservoir that is computed from sizes: the paper's 8 s are two of its segments, its 140 s are of a buffer of 240. */
const LEAST_RESERVOIR_SEGMENTS = 2;
const MOST_RESERVOIR = 140 / 240;
/** Start-up climbs while a segment added at least this share of its duration to the buffer: at first, and with a full cushion. */
const CLIMB_EMPTY = 0.875;
const CLIMB_FULL = 0.5;

/**
 * The buffer-based approach: the rendition is a function of the buffer level, with a reservoir at the bottom that always takes
 * the lowest and a rise to the highest over the cushion; the present one is kept until the map has passed the next.
 *
 * Differences from the paper: its 240 s buffer is scaled to what the engine allows, less the segment that a request needs
 * room for; the reservoir looks as far ahead as sizes are known (the paper: 480 s); without sizes the declared bitrates take
 * their place and the reservoir is fixed. `BBA-Others` (fewer switches) is not included.
 *
 * @throws RangeError if a share is not within 0…1, or `full` is not above `reservoir`
 * @see Huang, Johari, McKeown, Trunnell, Watson, "A Buffer-Based Approach to Rate Adaptation: Evidence from a Large Video
 * Streaming Service" (SIGCOMM 2014), doi 10.1145/2619239.2626296
 */
export function bba(options: BbaOptions = {}): AbrStrategy {
  const { variant = 2, reservoir = 0.375, full = 0.9 } = options;
  if (!(reservoir >= 0 && reservoir < 1)) throw new RangeError(`reservoir must be within 0…1, got ${reservoir}`);
  if (!(full > reservoir && full <= 1)) throw new RangeError(`full must be above reservoir and at most 1, got ${full}`);
  const cached = rungsCache();
  const memory = sessionMemory();
  let starting = variant === 2;
  /** s that the last segment added to the buffer, as it would be with playback running; null before the first. */
  let gained: number | null = null;

  const capacityOf = (context: AbrContext): number =>
    Math.max(bufferLimit(context) - context.segment.duration, context.segment.duration);

  const reservoirOf = (context: AbrContext, rungs: Rungs): number => {
    const capacity = capacityOf(context);
    const needed = variant === 0 ? null : extraForLowest(context, rungs);
    if (needed === null) return reservoir * capacity;
    const least = LEAST_RESERVOIR_SEGMENTS * context.segment.duration;
    return Math.min(Math.max(needed, least), MOST_RESERVOIR * capacity);
  };

  /** What the map says, by the algorithm of BBA-0 over bitrates or (1, 2) over the sizes of the next segment. */
  const mapped = (context: AbrContext, rungs: Rungs, before: number): number => {
    const { bufferLevel, segment } = context;
    const top = rungs.bitrate.length - 1;
    const low = reservoirOf(context, rungs);
    const high = full * capacityOf(context);
    if (bufferLevel <= low) return 0;
    if (bufferLevel >= high) return top;
    const least = (rungs.bitrate[0] ?? 0) * segment.duration;
    const most = (rungs.bitrate[top] ?? 0) * segment.duration;
    const allowed = least + ((bufferLevel - low) / (high - low)) * (most - least);
    const sizes = variant === 0 ? declaredSizes(context, rungs) : nextSizes(context, rungs);
    const above = sizes[Math.min(before + 1, top)] ?? 0;
    const below = sizes[Math.max(before - 1, 0)] ?? 0;
    if (before < top && allowed >= above) return highestUnder(sizes, allowed);
    if (before > 0 && allowed <= below) return lowestOver(sizes, allowed);
    return before;
  };

  const climbs = (context: AbrContext): boolean => {
    const filled = Math.min(context.bufferLevel / (full * capacityOf(context)), 1);
    const share = CLIMB_EMPTY - (CLIMB_EMPTY - CLIMB_FULL) * filled;
    return gained !== null && gained > share * context.segment.duration;
  };

  return {
    name: 'bba',
    observe(event) {
      memory.observe(event);
      if (event.type === 'sessionStart') {
        starting = variant === 2;
        gained = null;
      } else if (event.type === 'request' && event.kind === 'segment' && event.outcome === 'ok' && event.segment) {
        gained = event.segment.duration - (event.at - event.start);
        if (gained < 0) starting = false;
      } else if (event.type === 'decision' && starting && event.from !== null) {
        const context = memory.contextOf(event);
        if (context === null) return;
        const rungs = cached(context.ladder, context.candidates);
        const before = rungAt(rungs, event.from);
        if (mapped(context, rungs, before) > before) starting = false;
      }
    },
    decide(context) {
      const { current, bufferLevel } = context;
      const rungs = cached(context.ladder, context.candidates);
      if (current === null) return { index: rungs.index[0] ?? 0, reason: 'first segment: lowest' };
      const before = rungAt(rungs, current);
      const byMap = mapped(context, rungs, before);
      const seconds = Math.round(bufferLevel * 10) / 10;
      if (!starting || byMap > before)
        return { index: rungs.index[byMap] ?? 0, reason: `map at ${seconds} s of buffer` };
      const rung = climbs(context) ? Math.min(before + 1, rungs.index.length - 1) : before;
      const reason = `start-up: the last segment added ${(gained ?? 0).toFixed(1)} s`;
      return { index: rungs.index[rung] ?? 0, reason };
    },
  };
}

const declaredSizes = ({ segment }: AbrContext, { bitrate }: Rungs): number[] =>
  bitrate.map((bits) => bits * segment.duration);

/** Bits of the next segment, where known. */
function nextSizes(context: AbrContext, rungs: Rungs): number[] {
  const declared = declaredSizes(context, rungs);
  const { sizes } = context.segment;
  if (sizes === null) return declared;
  return rungs.index.map((index, at) => {
    const bytes = sizes[index];
    return bytes === null || bytes === undefined ? (declared[at] ?? 0) : bytes * 8;
  });
}

/** s of buffer that the segments ahead need at the lowest rendition over a link of just its bitrate; null if no size is known. */
function extraForLowest({ segment }: AbrContext, rungs: Rungs): number | null {
  const rows = segment.sizes === null ? [] : [segment.sizes, ...(segment.upcoming ?? [])];
  const lowest = rungs.index[0] ?? 0;
  const bitrate = rungs.bitrate[0] ?? 1;
  let extra: number | null = null;
  for (const row of rows) {
    const bytes = row[lowest];
    if (bytes === null || bytes === undefined) break;
    extra = (extra ?? 0) + (bytes * 8) / bitrate - segment.duration;
  }
  return extra;
}

function highestUnder(sizes: readonly number[], allowed: number): number {
  let rung = 0;
  for (let at = 0; at < sizes.length; at += 1) if ((sizes[at] ?? 0) < allowed) rung = at;
  return rung;
}

function lowestOver(sizes: readonly number[], allowed: number): number {
  const at = sizes.findIndex((size) => size > allowed);
  return at < 0 ? sizes.length - 1 : at;
}
