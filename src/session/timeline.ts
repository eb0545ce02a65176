import type { CapSource, EventOf, PlaybackEvent, SessionEndReason } from '../media/playback-event.ts';
import type { ErrorCode } from '../media/player-error.ts';
import type { Ladder } from '../media/rendition.ts';
import { appended, arrived, EMPTY_LEDGER, flushed, type MediaLedger } from './media-ledger.ts';
import { countRequest, IDLE_NETWORK, type Network } from './network.ts';
import { INITIAL_STATE, type PlaybackState, type StateMachine, transition } from './playback-state.ts';
import { followPlayhead } from './playhead.ts';
import { Series } from './series.ts';
import { NOTHING_SHOWN, type PixelSize, type PlayedSpan, type ShownMedia, type ShownTotals } from './shown-media.ts';

/**
 * A stretch of session time, s; `end` is null while it goes on. `position` is the media time at which it began, `played`
 * the s of media shown before it.
 */
export interface Interval {
  readonly start: number;
  readonly end: number | null;
  readonly position: number;
  readonly played: number;
}

/** Latency behind the live edge while playing, s; `count` samples. */
export interface LiveLatency {
  readonly first: number;
  readonly last: number;
  readonly least: number;
  readonly most: number;
  readonly sum: number;
  readonly count: number;
}

/** An error that was told of; `status` is HTTP's, null where there was none. */
export interface ToldError {
  readonly at: number;
  readonly code: ErrorCode;
  readonly fatal: boolean;
  readonly status: number | null;
}

/**
 * A session so far, folded from its facts: what happened when, without judgement. Session times and durations in s.
 * Metrics and scores are functions of it. Its size grows by one small record per segment shown, stall, seek and switch.
 */
export interface Timeline {
  readonly sessionId: string | null;
  readonly engine: string | null;
  /** How often another engine took over within the session. */
  readonly engineChanges: number;
  readonly strategy: string | null;
  readonly machine: StateMachine;
  /** Time of the last fact: everything below is true as of then. */
  readonly at: number;
  readonly ladder: Ladder;
  readonly presentation: 'vod' | 'live' | null;
  /** s of media in a segment, as the presentation declares it; null when not known. */
  readonly segmentDuration: number | null;
  /** Live latency that the presentation asks for, s; null when it does not. */
  readonly targetLatency: number | null;
  /** When playback was first asked for, and when the first frame moved. */
  readonly requestedAt: number | null;
  readonly startedAt: number | null;
  readonly stateSince: number;
  /** s spent in each state, the present one up to `at`. */
  readonly timeIn: Readonly<Record<PlaybackState, number>>;
  /** Stalls that are over; `stall` is the one going on, null when none is. */
  readonly stalls: Series<Interval>;
  readonly stall: Interval | null;
  /** s, the longest of those that are over; 0 without one. */
  readonly longestStall: number;
  /** Seeks that are over (one that another overtook is part of it); `seek` is the one going on. */
  readonly seeks: Series<Interval>;
  readonly seek: Interval | null;
  /** s of media shown, at whatever rate: the playhead's way, by the element's own positions. */
  readonly mediaPlayed: number;
  readonly rate: number;
  /** Media time of the playhead when it was last told of, and that session time. */
  readonly position: number;
  readonly positionAt: number;
  /** Rendition on screen, null before the first is known. */
  readonly rendition: number | null;
  /** Spans in which something was shown and that are over; `span` is the one going on. */
  readonly spans: Series<PlayedSpan>;
  readonly span: PlayedSpan | null;
  /** Media shown, stretch by stretch; `showing` is the last one, which may go on. */
  readonly shown: Series<ShownMedia>;
  readonly showing: ShownMedia | null;
  readonly totals: ShownTotals;
  /** Size of the player; null until told. */
  readonly playerSize: PixelSize | null;
  /** Media between network and eye, and the bytes lost on the way. */
  readonly ledger: MediaLedger;
  readonly network: Network;
  readonly bufferLevel: number;
  readonly droppedFrames: number;
  readonly totalFrames: number;
  /** Latency behind the live edge as last sampled, null when not live. */
  readonly latency: number | null;
  /** The same over time, while playing; null before the first sample. */
  readonly liveLatency: LiveLatency | null;
  readonly decisions: number;
  readonly abandonments: number;
  /** Rendition fixed by the viewer, null when the strategy chooses. */
  readonly selected: number | null;
  readonly caps: Readonly<Partial<Record<CapSource, number>>>;
  /** The last {@link MOST_ERRORS} errors and the first fatal one; `errorCount` counts all. */
  readonly errors: readonly ToldError[];
  readonly errorCount: number;
  readonly recoveries: number;
  /** Why the session ended, null while it goes on. */
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

/** Errors kept one by one. */
export const MOST_ERRORS = 100;

/** A session before its first fact. */
export const EMPTY_TIMELINE: Timeline = {
  sessionId: null,
  engine: null,
  engineChanges: 0,
  strategy: null,
  machine: INITIAL_STATE,
  at: 0,
  ladder: [],
  presentation: null,
  segmentDuration: null,
  targetLatency: null,
  requestedAt: null,
  startedAt: null,
  stateSince: 0,
  timeIn: NO_TIME,
  stalls: Series.of(),
  stall: null,
  longestStall: 0,
  seeks: Series.of(),
  seek: null,
  mediaPlayed: 0,
  rate: 1,
  position: 0,
  positionAt: 0,
  rendition: null,
  spans: Series.of(),
  span: null,
  shown: Series.of(),
  showing: null,
  totals: NOTHING_SHOWN,
  playerSize: null,
  ledger: EMPTY_LEDGER,
  network: IDLE_NETWORK,
  bufferLevel: 0,
  droppedFrames: 0,
  totalFrames: 0,
  latency: null,
  liveLatency: null,
  decisions: 0,
  abandonments: 0,
  selected: null,
  caps: {},
  errors: [],
  errorCount: 0,
  recoveries: 0,
  ended: null,
};

/** A timeline of one's own: its fields are replaced, what they hold is not touched. */
type Draft = { -readonly [Field in keyof Timeline]: Timeline[Field] };

/** Lets time pass in the present state up to `at`. */
function elapse(draft: Draft, at: number): void {
  const passed = at - draft.at;
  if (!(passed > 0)) return;
  const { state } = draft.machine;
  draft.timeIn = { ...draft.timeIn, [state]: draft.timeIn[state] + passed };
  draft.at = at;
}

/** Closes and opens the intervals of stalls and seeks. */
function enter(draft: Draft, machine: StateMachine): void {
  const { at, position, mediaPlayed, machine: before } = draft;
  draft.machine = machine;
  if (machine.state === before.state) return;
  if (draft.stall !== null) {
    draft.stalls = draft.stalls.push({ ...draft.stall, end: at });
    draft.longestStall = Math.max(draft.longestStall, at - draft.stall.start);
    draft.stall = null;
  }
  if (draft.seek !== null) {
    draft.seeks = draft.seeks.push({ ...draft.seek, end: at });
    draft.seek = null;
  }
  draft.stateSince = at;
  if (machine.started) draft.startedAt ??= at;
  const opened: Interval = { start: at, end: null, position, played: mediaPlayed };
  if (machine.state === 'rebuffering') draft.stall = opened;
  if (machine.state === 'seeking') draft.seek = opened;
}

function changeRendition(draft: Draft, index: number, position: number): void {
  if (index === draft.rendition) return;
  const { span } = draft;
  if (span !== null && span.played > 0) draft.spans = draft.spans.push(span);
  draft.rendition = index;
  draft.span = { rendition: index, start: draft.at, position, played: 0 };
}

function sampleLatency(before: LiveLatency | null, latency: number): LiveLatency {
  if (before === null) return { first: latency, last: latency, least: latency, most: latency, sum: latency, count: 1 };
  return {
    first: before.first,
    last: latency,
    least: Math.min(before.least, latency),
    most: Math.max(before.most, latency),
    sum: before.sum + latency,
    count: before.count + 1,
  };
}

function sample(draft: Draft, event: EventOf<'sample'>): void {
  draft.bufferLevel = event.bufferLevel;
  draft.droppedFrames = event.droppedFrames;
  draft.totalFrames = event.totalFrames;
  draft.latency = event.latency;
  if (event.latency !== null && draft.machine.state === 'playing') {
    draft.liveLatency = sampleLatency(draft.liveLatency, event.latency);
  }
}

function present(draft: Draft, event: EventOf<'manifest'>): void {
  // Indices are into the first ladder told of; an engine that learns it late may tell again.
  if (draft.ladder.length === 0) {
    draft.ladder = event.ladder;
    draft.totals = { ...draft.totals, time: event.ladder.map(() => 0) };
  }
  draft.presentation = event.presentation;
  draft.segmentDuration = event.segmentDuration;
  draft.targetLatency = event.targetLatency;
}

function capped(caps: Timeline['caps'], source: CapSource, index: number | null): Timeline['caps'] {
  const { [source]: _, ...others } = caps;
  return index === null ? others : { ...others, [source]: index };
}

function tell(draft: Draft, { at, code, fatal, status }: EventOf<'error'>): void {
  const errors = [...draft.errors, { at, code, fatal, status }];
  const oldest = errors.findIndex((error) => !error.fatal);
  draft.errors = errors.length > MOST_ERRORS ? errors.toSpliced(Math.max(oldest, 1), 1) : errors;
  draft.errorCount += 1;
}

/** Everything a fact says besides state and playhead. */
function note(draft: Draft, event: PlaybackEvent): void {
  switch (event.type) {
    case 'sessionStart':
      if (draft.engine !== null && draft.engine !== event.engine) draft.engineChanges += 1;
      draft.sessionId = event.sessionId;
      draft.engine = event.engine;
      draft.strategy = event.strategy;
      return;
    case 'playbackRequest':
    case 'play':
      draft.requestedAt ??= event.at;
      return;
    case 'manifest':
      present(draft, event);
      return;
    case 'rateChange':
      draft.rate = event.rate;
      return;
    case 'sample':
      sample(draft, event);
      return;
    case 'request':
      draft.network = countRequest(draft.network, event);
      draft.ledger = arrived(draft.ledger, event, draft.position);
      return;
    case 'decision':
      draft.decisions += 1;
      if (event.trigger === 'abandon') draft.abandonments += 1;
      draft.bufferLevel = event.inputs.bufferLevel;
      return;
    case 'buffered':
      draft.ledger = appended(draft.ledger, event, draft.position);
      return;
    case 'flushed':
      draft.ledger = flushed(draft.ledger, event);
      return;
    case 'renditionChange':
      changeRendition(draft, event.index, event.position);
      return;
    case 'selection':
      draft.selected = event.index;
      return;
    case 'cap':
      draft.caps = capped(draft.caps, event.source, event.index);
      return;
    case 'playerResize':
      draft.playerSize = { width: event.width, height: event.height };
      return;
    case 'error':
      tell(draft, event);
      return;
    case 'recovery':
      draft.recoveries += 1;
      return;
    case 'sessionEnd':
      draft.ended = event.reason;
  }
}

function apply(draft: Draft, event: PlaybackEvent): void {
  elapse(draft, event.at);
  const machine = transition(draft.machine, event);
  followPlayhead(draft, event, machine);
  if (machine !== draft.machine) enter(draft, machine);
  note(draft, event);
}

/**
 * The timeline one fact later. Pure: replaying the log gives what was seen live, and any prefix of it is valid. The
 * cost of a fact does not grow with the session.
 */
export function advance(timeline: Timeline, event: PlaybackEvent): Timeline {
  const draft: Draft = { ...timeline };
  apply(draft, event);
  return draft;
}

/** The timeline of a whole log: the same as advancing from {@link EMPTY_TIMELINE} fact by fact, without the steps between. */
export function replay(events: Iterable<PlaybackEvent>): Timeline {
  const draft: Draft = { ...EMPTY_TIMELINE };
  for (const event of events) apply(draft, event);
  return draft;
}
