import type { CapSource, PlaybackEvent, RequestKind, SessionEndReason } from '../media/playback-event.ts';
import type { ErrorCode } from '../media/player-error.ts';
import type { Ladder } from '../media/rendition.ts';
import { INITIAL_STATE, type PlaybackState, type StateMachine, transition } from './playback-state.ts';

/** A stretch of session time, s; `end` is null while it goes on. `position` is the media time at which it began. */
export interface Interval {
  readonly start: number;
  readonly end: number | null;
  readonly position: number;
}

/** Media shown in one rendition without a change: from session time `start`, `played` s of media. */
export interface PlayedSpan {
  readonly rendition: number;
  readonly start: number;
  readonly position: number;
  readonly played: number;
}

/** Media that was appended: which rendition, media time `start`…`end` in s, bytes as transferred. */
export interface BufferedSegment {
  readonly rendition: number | null;
  readonly start: number;
  readonly end: number;
  readonly bytes: number;
}

/** Bytes received, by what they were for; `aborted` and `cached` are parts of the total. */
export interface Transfer {
  readonly requests: number;
  readonly failed: number;
  readonly aborted: number;
  readonly bytes: number;
  readonly abortedBytes: number;
  readonly cachedBytes: number;
}

/**
 * A session so far, folded from its facts: what happened when, without judgement. Session times and durations in s.
 * Metrics and scores are functions of it.
 */
export interface Timeline {
  readonly sessionId: string | null;
  readonly engine: string | null;
  readonly strategy: string | null;
  readonly machine: StateMachine;
  /** Time of the last fact: everything below is true as of then. */
  readonly at: number;
  readonly ladder: Ladder;
  readonly presentation: 'vod' | 'live' | null;
  /** When playback was first asked for, and when the first frame moved. */
  readonly requestedAt: number | null;
  readonly startedAt: number | null;
  readonly stateSince: number;
  /** s spent in each state, the present one up to `at`. */
  readonly timeIn: Readonly<Record<PlaybackState, number>>;
  readonly stalls: readonly Interval[];
  readonly seeks: readonly Interval[];
  /** s of media played: playing time times rate. */
  readonly mediaPlayed: number;
  readonly rate: number;
  readonly position: number;
  /** Rendition on screen, null before the first is known. */
  readonly rendition: number | null;
  readonly spans: readonly PlayedSpan[];
  /** Picture segments appended, in order; a segment fetched again at another rendition stands twice. */
  readonly segments: readonly BufferedSegment[];
  readonly bufferLevel: number;
  readonly droppedFrames: number;
  readonly totalFrames: number;
  readonly latency: number | null;
  readonly transfer: Readonly<Partial<Record<RequestKind, Transfer>>>;
  readonly decisions: number;
  readonly abandonments: number;
  readonly selected: number | null;
  readonly caps: Readonly<Partial<Record<CapSource, number>>>;
  readonly errors: readonly { readonly at: number; readonly code: ErrorCode; readonly fatal: boolean }[];
  readonly recoveries: number;
  readonly ended: SessionEndReason | null;
}

const NO_TIME: Readonly<Record<PlaybackState, number>> = {
  preloading: 0,
  starting: 0,
  playing: 0,
  seeking: 0,
  rebuffering: 0,
  paused: 0,
  ended: 0,
  failed: 0,
  quit: 0,
};

/** A session before its first fact. */
export const EMPTY_TIMELINE: Timeline = {
  sessionId: null,
  engine: null,
  strategy: null,
  machine: INITIAL_STATE,
  at: 0,
  ladder: [],
  presentation: null,
  requestedAt: null,
  startedAt: null,
  stateSince: 0,
  timeIn: NO_TIME,
  stalls: [],
  seeks: [],
  mediaPlayed: 0,
  rate: 1,
  position: 0,
  rendition: null,
  spans: [],
  segments: [],
  bufferLevel: 0,
  droppedFrames: 0,
  totalFrames: 0,
  latency: null,
  transfer: {},
  decisions: 0,
  abandonments: 0,
  selected: null,
  caps: {},
  errors: [],
  recoveries: 0,
  ended: null,
};

const replaceLast = <T>(items: readonly T[], last: T): readonly T[] => [...items.slice(0, -1), last];

/** Lets time pass in the present state up to `at`. */
function elapse(timeline: Timeline, at: number): Timeline {
  const passed = Math.max(at - timeline.at, 0);
  if (passed === 0) return timeline;
  const { state } = timeline.machine;
  const timeIn = { ...timeline.timeIn, [state]: timeline.timeIn[state] + passed };
  if (state !== 'playing') return { ...timeline, at, timeIn };
  const played = passed * timeline.rate;
  const span = timeline.spans.at(-1);
  const spans = span ? replaceLast(timeline.spans, { ...span, played: span.played + played }) : timeline.spans;
  return { ...timeline, at, timeIn, mediaPlayed: timeline.mediaPlayed + played, spans };
}

const close = (intervals: readonly Interval[], at: number): readonly Interval[] => {
  const last = intervals.at(-1);
  return last && last.end === null ? replaceLast(intervals, { ...last, end: at }) : intervals;
};

/** Moves the state machine and keeps the intervals of stalls and seeks. */
function move(timeline: Timeline, event: PlaybackEvent): Timeline {
  const machine = transition(timeline.machine, event);
  const from = timeline.machine.state;
  if (machine === timeline.machine) return timeline;
  if (machine.state === from) return { ...timeline, machine };
  const { at } = event;
  const position = 'position' in event ? event.position : timeline.position;
  const stalls = from === 'rebuffering' ? close(timeline.stalls, at) : timeline.stalls;
  const seeks = from === 'seeking' ? close(timeline.seeks, at) : timeline.seeks;
  const opened: Interval = { start: at, end: null, position };
  return {
    ...timeline,
    machine,
    stateSince: at,
    startedAt: timeline.startedAt ?? (machine.started ? at : null),
    stalls: machine.state === 'rebuffering' ? [...stalls, opened] : stalls,
    seeks: machine.state === 'seeking' ? [...seeks, opened] : seeks,
  };
}

function countRequest(timeline: Timeline, event: Extract<PlaybackEvent, { type: 'request' }>): Timeline {
  const before = timeline.transfer[event.kind];
  const sum: Transfer = {
    requests: (before?.requests ?? 0) + 1,
    failed: (before?.failed ?? 0) + (event.outcome === 'failed' ? 1 : 0),
    aborted: (before?.aborted ?? 0) + (event.outcome === 'aborted' ? 1 : 0),
    bytes: (before?.bytes ?? 0) + event.bytes,
    abortedBytes: (before?.abortedBytes ?? 0) + (event.outcome === 'ok' ? 0 : event.bytes),
    cachedBytes: (before?.cachedBytes ?? 0) + (event.fromCache ? event.bytes : 0),
  };
  return { ...timeline, transfer: { ...timeline.transfer, [event.kind]: sum } };
}

function changeRendition(timeline: Timeline, index: number, position: number): Timeline {
  if (index === timeline.rendition) return timeline;
  const span: PlayedSpan = { rendition: index, start: timeline.at, position, played: 0 };
  return { ...timeline, rendition: index, spans: [...timeline.spans, span] };
}

function capped(caps: Timeline['caps'], source: CapSource, index: number | null): Timeline['caps'] {
  const { [source]: _, ...others } = caps;
  return index === null ? others : { ...others, [source]: index };
}

/** Everything a fact says besides the state. */
function note(timeline: Timeline, event: PlaybackEvent): Timeline {
  switch (event.type) {
    case 'sessionStart':
      return { ...timeline, sessionId: event.sessionId, engine: event.engine, strategy: event.strategy };
    case 'playbackRequest':
    case 'play':
      return { ...timeline, requestedAt: timeline.requestedAt ?? event.at };
    case 'manifest':
      return { ...timeline, ladder: event.ladder, presentation: event.presentation };
    case 'rateChange':
      return { ...timeline, rate: event.rate, position: event.position };
    case 'sample':
      return {
        ...timeline,
        position: event.position,
        bufferLevel: event.bufferLevel,
        droppedFrames: event.droppedFrames,
        totalFrames: event.totalFrames,
        latency: event.latency,
      };
    case 'request':
      return countRequest(timeline, event);
    case 'decision':
      return {
        ...timeline,
        decisions: timeline.decisions + 1,
        abandonments: timeline.abandonments + (event.trigger === 'abandon' ? 1 : 0),
        bufferLevel: event.inputs.bufferLevel,
      };
    case 'buffered': {
      if (event.track !== 'video' && event.track !== 'muxed') return timeline;
      const { rendition, start, end, bytes } = event;
      return { ...timeline, segments: [...timeline.segments, { rendition, start, end, bytes }] };
    }
    case 'renditionChange':
      return changeRendition(timeline, event.index, event.position);
    case 'selection':
      return { ...timeline, selected: event.index };
    case 'cap':
      return { ...timeline, caps: capped(timeline.caps, event.source, event.index) };
    case 'error':
      return { ...timeline, errors: [...timeline.errors, { at: event.at, code: event.code, fatal: event.fatal }] };
    case 'recovery':
      return { ...timeline, recoveries: timeline.recoveries + 1 };
    case 'sessionEnd':
      return { ...timeline, ended: event.reason };
    default:
      return 'position' in event ? { ...timeline, position: event.position } : timeline;
  }
}

/** The timeline one fact later. Pure: replaying the log gives what was seen live, and any prefix of it is valid. */
export function advance(timeline: Timeline, event: PlaybackEvent): Timeline {
  return note(move(elapse(timeline, event.at), event), event);
}

/** The timeline of a whole log. */
export function replay(events: Iterable<PlaybackEvent>): Timeline {
  let timeline = EMPTY_TIMELINE;
  for (const event of events) timeline = advance(timeline, event);
  return timeline;
}
