import type { EventOf, PlaybackEvent, SessionEndReason } from '../media/playback-event.ts';
import type { ErrorCode } from '../media/player-error.ts';
import type { QoeScorer } from '../qoe/qoe-scorer.ts';
import type { PlaybackState } from '../session/playback-state.ts';
import { type SessionMetrics, sessionMetrics } from '../session/session-metrics.ts';
import { advance, EMPTY_TIMELINE, type Timeline } from '../session/timeline.ts';
import type { StoredFact, StoredSession } from './event-store.ts';
import { hostLabel, renditionLabel, toLabel, UNKNOWN } from './labels.ts';
import { ERROR_MEASURE, MEASURES } from './measures.ts';

const MINUTE = 60_000;
/** ms before and after the first arrival within which a session's own clock is believed: beacons wait at most two days. */
const CLOCK_BEHIND = 7 * 86_400_000;
const CLOCK_AHEAD = 5 * MINUTE;
/** s without any fact that the minutes still follow; a machine that slept longer was not watching. */
const LONGEST_SILENCE = 3600;
/** s of session clock that the minutes follow. */
const LONGEST_SESSION = 7 * 86_400;
/** Share of the duration from which on something counts as watched to the end: credits are left early. */
const WATCHED_SHARE = 0.95;
/** Characters kept of a source's URL in a summary. */
const MAX_SOURCE = 512;
/** Characters of a tag's name or value: as many as the wire allows. */
const MAX_TAG = 128;

/** What is summed of each minute of a session; whole numbers, so that taking away what was added leaves nothing. */
export const SUMS = [
  /** 1 for a session that was under way in this minute, in one of its rows. */
  'active',
  /** Sessions that started, and thousandths of the sessions that they stand for (1000 / sample rate). */
  'started',
  'startedWeight',
  /** First frames that moved. */
  'startups',
  /** Sessions that said that they are over. */
  'ended',
  'playingMs',
  'stalledMs',
  'startingMs',
  'seekingMs',
  /** ms of media played, and kbit of it by declared bitrate. */
  'mediaMs',
  'kilobits',
  'stalls',
  'switches',
  'decisions',
  'abandonments',
  'requests',
  'failedRequests',
  'bytes',
  'droppedFrames',
  'totalFrames',
  'errors',
  'fatals',
] as const;

/** A name of {@link SUMS}. */
export type SumName = (typeof SUMS)[number];

/** Sums by name. */
export type Sums = Readonly<Record<SumName, number>>;

/** What a session adds to one minute (`time`: its start, ms since the epoch) of the roll-ups, and to which row of it. */
export interface Contribution {
  readonly time: number;
  readonly strategy: string;
  readonly engine: string;
  readonly host: string;
  readonly rendition: string;
  readonly sums: Sums;
  readonly counts: readonly { readonly measure: string; readonly bucket: number; readonly count: number }[];
}

/**
 * A session in numbers, as of the facts that have come. Wall times are ms since the epoch by the session's own clock
 * unless received; the rest is in s, bits/s and bytes.
 */
export interface SessionSummary {
  readonly sid: string;
  readonly startedAt: number;
  /** Wall time of the last fact, at most five minutes after it came: a session's clock may run ahead, or be made up. */
  readonly lastAt: number;
  readonly firstReceived: number;
  readonly lastReceived: number;
  readonly engine: string;
  readonly strategy: string;
  readonly src: string;
  /** Where most bytes of segments came from. */
  readonly host: string;
  /** What most of the media played was shown in. */
  readonly rendition: string;
  readonly presentation: 'vod' | 'live' | null;
  readonly state: PlaybackState;
  readonly ended: SessionEndReason | null;
  /** Media time, s; `duration` is null when live or not known. */
  readonly position: number;
  readonly duration: number | null;
  /** Seen to the end, or nearly. */
  readonly completed: boolean;
  readonly metrics: SessionMetrics;
  /** The score in the scorer's own scale, and 0…100. */
  readonly score: number | null;
  readonly normalised: number | null;
  readonly terms: Readonly<Record<string, number>>;
  readonly decisions: number;
  readonly abandonments: number;
  readonly errors: number;
  readonly fatal: ErrorCode | null;
  /** Share of sessions recorded when this one was. */
  readonly rate: number;
  readonly tags: Readonly<Record<string, string>>;
  /** Facts held; told lost by the sender; neither held nor told lost although later ones are (on their way, or never). */
  readonly facts: number;
  readonly lost: number;
  readonly missing: number;
}

type Counts = Map<string, { measure: string; bucket: number; count: number }>;

interface Cell {
  readonly time: number;
  readonly host: string;
  readonly rendition: string;
  readonly sums: Record<SumName, number>;
  readonly counts: Counts;
}

/** Keeps sums exact in 64-bit integers whatever a hostile fact claims. */
const held = (value: number, limit: number): number => Math.min(Math.max(value, 0), limit);

/** Where time in a state is summed; in other states nobody watches. */
const TIMED: Readonly<Partial<Record<PlaybackState, SumName>>> = {
  starting: 'startingMs',
  playing: 'playingMs',
  seeking: 'seekingMs',
  rebuffering: 'stalledMs',
};

const switchCount = ({ totals }: Timeline): number => totals.switches.reduce((sum, { count }) => sum + count, 0);

const noSums = (): Record<SumName, number> =>
  Object.fromEntries(SUMS.map((name) => [name, 0])) as Record<SumName, number>;

const rounded = (sums: Sums): Sums =>
  Object.fromEntries(SUMS.map((name) => [name, Math.round(sums[name])])) as Record<SumName, number>;

/** Whether sums add nothing. */
export const isNothing = (sums: Sums): boolean => SUMS.every((name) => sums[name] === 0);

const keyOf = ({ time, host, rendition }: Pick<Cell, 'time' | 'host' | 'rendition'>): string =>
  JSON.stringify([time, host, rendition]);

function count(counts: Counts, measure: string, bucket: number): void {
  const key = `${measure} ${bucket}`;
  const entry = counts.get(key);
  if (entry) entry.count += 1;
  else counts.set(key, { measure, bucket, count: 1 });
}

const largest = (shares: ReadonlyMap<string, number>, otherwise: string): string =>
  [...shares].reduce((best, entry) => (entry[1] > best[1] ? entry : best), [otherwise, 0] as [string, number])[0];

/** The whole numbers first…last, both included. */
type Range = readonly [first: number, last: number];

/** Ranges put together where they overlap or touch, ascending. */
export function mergeRanges(ranges: readonly Range[]): readonly Range[] {
  const merged: [number, number][] = [];
  for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const before = merged.at(-1);
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else merged.push([first, last]);
  }
  return merged;
}

const sizeOf = (ranges: readonly Range[]): number =>
  ranges.reduce((total, [first, last]) => total + last - first + 1, 0);

/** How many of the facts up to the last one heard of were told lost and are not held, and how many are nowhere. */
export function gapsOf(held: readonly Range[], lost: readonly Range[]): { lost: number; missing: number } {
  const known = mergeRanges([...held, ...lost]);
  const end = (known.at(-1)?.[1] ?? -1) + 1;
  return { lost: sizeOf(known) - sizeOf(mergeRanges(held)), missing: end - sizeOf(known) };
}

/** A session being folded, fact by fact ascending by seq. */
export interface SessionFold {
  /** Facts taken so far, and the seq that the next one has at least. */
  readonly count: number;
  readonly nextSeq: number;
  /** @throws RangeError if seq is not after the last one: the session must then be folded anew */
  advance(stored: StoredFact): void;
  /** What follows from the facts so far; `about` brings what the facts do not say. */
  project(about: Omit<StoredSession, 'facts'>): {
    readonly summary: SessionSummary;
    readonly contributions: readonly Contribution[];
  };
}

/**
 * A fold of one session into its summary and what it adds to each minute. The timeline and the score are the SDK's own
 * folds; the minutes are cut along the way: time passes at the host of the last segment and in the rendition on screen,
 * bytes count for the rendition they are of.
 *
 * @param firstReceived ms since the epoch: when the session was first heard of, for sessions with an impossible clock
 */
export function foldSession(firstReceived: number, scorer: QoeScorer): SessionFold {
  let timeline: Timeline = EMPTY_TIMELINE;
  let startedAt = firstReceived;
  let src = UNKNOWN;
  let rate = 1;
  let tags: Readonly<Record<string, string>> = {};
  let duration: number | null = null;
  let reachedEnd = false;
  let taken = 0;
  let fatal: ErrorCode | null = null;
  let host = UNKNOWN;
  let rendition = renditionLabel([], null);
  const ranges: [number, number][] = [];
  const cells = new Map<string, Cell>();
  const minutes = new Set<number>();
  const bytesBy = new Map<string, number>();
  const playedBy = new Map<string, number>();
  let startCell: Cell | null = null;

  const wall = (at: number): number => startedAt + held(at, LONGEST_SESSION) * 1000;
  const nextSeq = (): number => (ranges.at(-1)?.[1] ?? -1) + 1;

  const cellAt = (ms: number, shownIn = rendition): Cell => {
    const time = Math.floor(ms / MINUTE) * MINUTE;
    const key = keyOf({ time, host, rendition: shownIn });
    const known = cells.get(key);
    if (known) return known;
    const cell: Cell = { time, host, rendition: shownIn, sums: noSums(), counts: new Map() };
    if (!minutes.has(time)) cell.sums.active = 1;
    minutes.add(time);
    cells.set(key, cell);
    return cell;
  };

  /** Cuts a stretch of session time into minutes: `put` is told of each the ms in it and its share of the whole. */
  const spread = (from: number, to: number, put: (cell: Cell, ms: number, share: number) => void): void => {
    if (!(to > from)) {
      put(cellAt(wall(to)), 0, 1);
      return;
    }
    const end = wall(Math.min(to, from + LONGEST_SILENCE));
    const whole = (to - from) * 1000;
    for (let start = wall(from); start < end; ) {
      const next = Math.min((Math.floor(start / MINUTE) + 1) * MINUTE, end);
      put(cellAt(start), next - start, (next - start) / whole);
      start = next;
    }
  };

  /** The time between two facts, in the state before the second. */
  const passTime = (before: Timeline, at: number): void => {
    const sum = TIMED[before.machine.state];
    if (sum === undefined || at === before.at) return;
    spread(before.at, at, ({ sums }, ms) => {
      sums[sum] += ms;
    });
  };

  /** The media that a fact shows was played since the playhead was last told of. */
  const passMedia = (before: Timeline): void => {
    const media = held(timeline.mediaPlayed - before.mediaPlayed, LONGEST_SESSION) * 1000;
    if (media === 0) return;
    const bitrate = held(before.rendition === null ? 0 : (timeline.ladder[before.rendition]?.bitrate ?? 0), 1e9);
    spread(before.positionAt, timeline.at, ({ sums }, _, share) => {
      sums.mediaMs += media * share;
      sums.kilobits += (media * share * bitrate) / 1e6;
    });
    playedBy.set(rendition, (playedBy.get(rendition) ?? 0) + media);
    const switches = switchCount(timeline) - switchCount(before);
    if (switches > 0) cellAt(wall(before.positionAt)).sums.switches += switches;
  };

  const noteRequest = (event: EventOf<'request'>): void => {
    const from = hostLabel(event.url);
    const bytes = held(event.bytes, 1e12);
    if (event.kind === 'segment') bytesBy.set(from, (bytesBy.get(from) ?? 0) + bytes);
    if (event.kind === 'segment' || host === UNKNOWN) host = from;
    // Bytes count for the rendition they are of, not for the one on screen meanwhile.
    const of = event.segment?.rendition ?? null;
    const { sums } = cellAt(wall(event.at), of === null ? rendition : renditionLabel(timeline.ladder, of));
    sums.requests += 1;
    sums.bytes += bytes;
    if (event.outcome === 'failed') sums.failedRequests += 1;
  };

  const note = (before: Timeline, event: PlaybackEvent): void => {
    if (event.type === 'request') noteRequest(event);
    const { sums, counts } = cellAt(wall(event.at));
    if (before.startedAt === null && timeline.startedAt !== null) sums.startups += 1;
    if (before.machine.state !== 'rebuffering' && timeline.machine.state === 'rebuffering') sums.stalls += 1;
    sums.droppedFrames += held(timeline.droppedFrames - before.droppedFrames, 1e9);
    sums.totalFrames += held(timeline.totalFrames - before.totalFrames, 1e9);
    if (event.type === 'decision') {
      sums.decisions += 1;
      if (event.trigger === 'abandon') sums.abandonments += 1;
    }
    if (event.type === 'ended') reachedEnd = true;
    if (event.type === 'sessionEnd') sums.ended += 1;
    if (event.type === 'error') {
      sums.errors += 1;
      if (event.fatal) {
        sums.fatals += 1;
        fatal ??= event.code;
      }
      count(counts, `${ERROR_MEASURE}${event.code}`, event.fatal ? 1 : 0);
    }
  };

  const noteStart = (event: EventOf<'sessionStart'>, stored: StoredFact): void => {
    if (startCell !== null) return;
    const believed = event.startedAt > firstReceived - CLOCK_BEHIND && event.startedAt < firstReceived + CLOCK_AHEAD;
    startedAt = believed ? Math.round(event.startedAt) : firstReceived;
    src = toLabel(event.src, MAX_SOURCE);
    rate = stored.rate ?? 1;
    tags = Object.fromEntries(
      Object.entries(stored.tags ?? {}).map(([name, value]) => [toLabel(name, MAX_TAG), toLabel(value, MAX_TAG)]),
    );
    startCell = cellAt(wall(event.at));
    startCell.sums.started = 1;
  };

  const sessionCounts = (metrics: SessionMetrics, normalised: number | null): Counts => {
    const counts: Counts = new Map();
    const { initialStartupTime: startup, rebufferRatio } = metrics;
    if (startup !== null) count(counts, 'startup', MEASURES.startup.bucketOf(held(startup, 86_400)));
    if (startup !== null && rebufferRatio !== null)
      count(counts, 'rebuffering', MEASURES.rebuffering.bucketOf(held(rebufferRatio, 1)));
    if (normalised !== null) count(counts, 'score', MEASURES.score.bucketOf(held(normalised, 99.999)));
    return counts;
  };

  return {
    get count() {
      return taken;
    },
    get nextSeq() {
      return nextSeq();
    },
    advance(stored) {
      const { seq, fact } = stored;
      if (seq < nextSeq()) throw new RangeError(`seq must be at least ${nextSeq()}, got ${seq}`);
      const range = ranges.at(-1);
      if (range && range[1] + 1 === seq) range[1] = seq;
      else ranges.push([seq, seq]);
      taken += 1;
      // Clocks do not run backwards; a fact that says so happened no earlier than the one before.
      const event = fact.at < timeline.at ? { ...fact, at: timeline.at } : fact;
      if (event.type === 'sessionStart') noteStart(event, stored);
      const before = timeline;
      timeline = advance(timeline, event);
      passTime(before, event.at);
      passMedia(before);
      if (event.type === 'manifest') duration = event.duration;
      rendition = renditionLabel(timeline.ladder, timeline.rendition);
      note(before, event);
    },
    project({ sid, firstReceived: first, lastReceived, lost }) {
      const metrics = sessionMetrics(timeline);
      const { value, terms } = scorer.score(timeline);
      const score = value === null || !Number.isFinite(value) ? null : value;
      const normalised = score === null ? null : (terms.normalised ?? score);
      const engine = toLabel(timeline.engine ?? '');
      const strategy = toLabel(timeline.strategy ?? '');
      const mainHost = largest(bytesBy, host);
      const mainRendition = largest(playedBy, rendition);
      const gaps = gapsOf(ranges, lost);
      const summary: SessionSummary = {
        sid,
        startedAt,
        lastAt: Math.round(Math.min(wall(timeline.at), lastReceived + CLOCK_AHEAD)),
        firstReceived: first,
        lastReceived,
        engine,
        strategy,
        src,
        host: mainHost,
        rendition: mainRendition,
        presentation: timeline.presentation,
        state: timeline.machine.state,
        ended: timeline.ended,
        position: timeline.position,
        duration,
        completed: reachedEnd || (duration !== null && duration > 0 && timeline.position >= WATCHED_SHARE * duration),
        metrics,
        score,
        normalised,
        terms,
        decisions: timeline.decisions,
        abandonments: timeline.abandonments,
        errors: timeline.errorCount,
        fatal,
        rate,
        tags,
        facts: taken,
        ...gaps,
      };
      // Sessions that fail are recorded whatever the sample, so each of them stands for itself.
      if (startCell !== null) startCell.sums.startedWeight = fatal === null ? Math.round(held(1000 / rate, 1e9)) : 1000;
      const own = {
        time: Math.floor(startedAt / MINUTE) * MINUTE,
        host: mainHost,
        rendition: mainRendition,
        counts: sessionCounts(metrics, normalised),
      };
      const key = keyOf(own);
      const all = [...cells].map(([name, cell]) =>
        name === key ? { ...cell, counts: new Map([...cell.counts, ...own.counts]) } : cell,
      );
      if (!cells.has(key)) all.push({ ...own, sums: noSums() });
      const contributions = all.map(({ time, host: from, rendition: at, sums, counts }) => ({
        time,
        strategy,
        engine,
        host: from,
        rendition: at,
        sums: rounded(sums),
        counts: [...counts.values()].map((entry) => ({ ...entry })),
      }));
      const isSomething = ({ sums, counts }: Contribution): boolean => counts.length > 0 || !isNothing(sums);
      return { summary, contributions: contributions.filter(isSomething) };
    },
  };
}

/** A session folded from its first fact: what {@link foldSession} gives along the way. */
export function projectSession(session: StoredSession, scorer: QoeScorer): ReturnType<SessionFold['project']> {
  const fold = foldSession(session.firstReceived, scorer);
  for (const stored of session.facts) fold.advance(stored);
  return fold.project(session);
}
