import type { EventOf, PlaybackEvent } from '../media/playback-event.ts';
import type { QoeScorer } from '../qoe/qoe-scorer.ts';
import { sessionMetrics } from '../session/session-metrics.ts';
import { replay, type Timeline } from '../session/timeline.ts';
import { linearQoe } from './linear-qoe.ts';
import type { Movie } from './movie.ts';
import type { NetworkTrace } from './network-trace.ts';
import {
  type PlaySettings,
  type Semantics,
  type SessionRow,
  type StrategySet,
  simulateOptions,
  toRow,
} from './play-trace.ts';
import { PROFILES } from './profile.ts';
import { movieFromSession } from './session-movie.ts';
import { traceFromSession } from './session-trace.ts';
import { type LiveOptions, simulate } from './simulate.ts';

/** A session with what models of the viewer say of it: `scores` by the scorer's name, null where it has nothing to go by. */
export interface ScoredSession extends SessionRow {
  readonly scores: Readonly<Record<string, number | null>>;
}

/** How far the simulation of what really happened is from what really happened: simulated less recorded. */
export interface SimulationError {
  /** Share of the segments for which the same rendition was fetched, 0…1. */
  readonly levelsAlike: number;
  /** s. */
  readonly startupTime: number;
  /** s. */
  readonly stallTime: number;
  /** bits/s. */
  readonly averageBitrate: number;
  readonly linearQoe: number;
}

/** A session that was recorded, and what it would have been with other strategies. */
export interface WhatIf {
  readonly recorded: ScoredSession;
  /** The strategy that really played, in the simulator; null where the simulator does not have it. */
  readonly resimulated: ScoredSession | null;
  /** Null as {@link WhatIf.resimulated}: how far predictions are to be trusted is then not known. */
  readonly error: SimulationError | null;
  readonly others: readonly ScoredSession[];
  readonly trace: NetworkTrace;
  readonly movie: Movie;
  /** What one has to know to read the numbers. */
  readonly notes: readonly string[];
}

/** Options of {@link whatIf}; what is left out is taken from the session. */
export interface WhatIfOptions extends Partial<PlaySettings> {
  readonly events: readonly PlaybackEvent[];
  /** The strategies to try. */
  readonly strategies: StrategySet;
  /** What makes the strategy that really played, for the error of the simulation. */
  readonly played?: (name: string) => StrategySet | null;
  readonly scorers?: readonly QoeScorer[];
}

/**
 * Plays a recorded session again: as other strategies would have, on the network that its viewer really had, and as the strategy
 * that really played would have, so that one sees how much of a difference is the simulator's own.
 *
 * @throws RangeError if the session holds no ladder, no whole segment or no download to measure by
 */
export function whatIf(options: WhatIfOptions): WhatIf {
  const { events, strategies, scorers = [] } = options;
  const trace = traceFromSession(events);
  const { movie, levels, known } = movieFromSession(events);
  const start = events.find((event): event is EventOf<'sessionStart'> => event.type === 'sessionStart');
  const settings: PlaySettings = {
    semantics: options.semantics ?? semanticsOf(start?.engine ?? ''),
    maxBuffer: options.maxBuffer ?? bufferTargetOf(events, movie),
    abandonment: options.abandonment ?? true,
    live: options.live ?? liveOf(events),
  };
  const play = (set: StrategySet): ScoredSession[] =>
    Object.entries(set).map(([name, create]) => {
      const { summary, timeline } = simulate(simulateOptions(movie, trace, create(), settings));
      return { ...toRow(name, summary, null), scores: scoresOf(timeline, scorers) };
    });
  const timeline = replay(events);
  const recorded = recordedRow(timeline, movie, levels, trace.id, start?.strategy ?? 'unknown', scorers);
  const played = options.played?.(recorded.strategy) ?? null;
  const [resimulated = null] = played === null ? [] : play(played);
  return {
    recorded,
    resimulated,
    error: resimulated === null ? null : errorOf(resimulated, recorded),
    others: play(strategies),
    trace,
    movie,
    notes: notesOf(timeline, recorded.strategy, resimulated !== null, known, settings),
  };
}

function semanticsOf(engine: string): Semantics {
  if (engine === 'native') return 'hls';
  return Object.hasOwn(PROFILES, engine) ? (engine as Semantics) : 'sabre';
}

/** How far behind the edge a live session was played: as its manifest asked, else as it was when first looked at; null on demand. */
function liveOf(events: readonly PlaybackEvent[]): LiveOptions | null {
  const manifest = events.find((event): event is EventOf<'manifest'> => event.type === 'manifest');
  if (manifest?.presentation !== 'live') return null;
  const seen = events.find((event) => event.type === 'sample' && event.latency !== null && event.position > 0);
  const latency = seen?.type === 'sample' ? seen.latency : null;
  const targetLatency = manifest.targetLatency ?? latency;
  return targetLatency === null || !(targetLatency > 0) ? null : { targetLatency };
}

/** Where the engine stopped fetching, as it said at its last decision; at least a segment. */
function bufferTargetOf(events: readonly PlaybackEvent[], movie: Movie): number | null {
  const last = events.findLast((event): event is EventOf<'decision'> => event.type === 'decision');
  return last === undefined ? null : Math.max(last.inputs.bufferTarget, ...movie.durations);
}

function recordedRow(
  timeline: Timeline,
  movie: Movie,
  levels: readonly number[],
  trace: string,
  strategy: string,
  scorers: readonly QoeScorer[],
): ScoredSession {
  const { initialStartupTime, playbackStallDuration, playbackStallCount } = sessionMetrics(timeline);
  const { ladder, durations } = movie;
  const startupTime = initialStartupTime ?? 0;
  const time = durations.reduce((sum, duration) => sum + duration, 0);
  const bits = levels.reduce((sum, level, at) => sum + (ladder[level]?.bitrate ?? 0) * (durations[at] ?? 0), 0);
  return {
    trace,
    strategy,
    levels,
    startupTime,
    stallTime: playbackStallDuration,
    stallCount: playbackStallCount,
    averageBitrate: bits / time,
    switches: levels.filter((level, at) => at > 0 && level !== levels[at - 1]).length,
    linearQoe: linearQoe(ladder, levels, startupTime + playbackStallDuration),
    shareOfReachable: null,
    scores: scoresOf(timeline, scorers),
  };
}

function scoresOf(timeline: Timeline, scorers: readonly QoeScorer[]): Record<string, number | null> {
  return Object.fromEntries(scorers.map((scorer) => [scorer.name, scorer.score(timeline).value]));
}

function errorOf(simulated: SessionRow, recorded: SessionRow): SimulationError {
  const alike = recorded.levels.filter((level, at) => level === simulated.levels[at]).length;
  return {
    levelsAlike: alike / recorded.levels.length,
    startupTime: simulated.startupTime - recorded.startupTime,
    stallTime: simulated.stallTime - recorded.stallTime,
    averageBitrate: simulated.averageBitrate - recorded.averageBitrate,
    linearQoe: simulated.linearQoe - recorded.linearQoe,
  };
}

function notesOf(
  timeline: Timeline,
  strategy: string,
  resimulated: boolean,
  known: number,
  { semantics, maxBuffer, live }: PlaySettings,
): string[] {
  const { seekCount, pausedTime, viewDropped } = sessionMetrics(timeline);
  const notes = [
    `timing of ${semantics}, ${maxBuffer ?? PROFILES[semantics ?? 'sabre']().bufferTarget} s of buffer at most`,
    `${Math.round(known * 100)} % of the segment sizes were seen; the others are in proportion to the ladder`,
  ];
  if (live)
    notes.push(`the stream was live: played ${live.targetLatency.toFixed(1)} s behind its edge, at normal speed`);
  if (!resimulated) notes.push(`the simulator does not have '${strategy}', which played: its own error is not known`);
  if (seekCount > 0)
    notes.push(
      `the viewer sought ${seekCount} times: what follows the first jump is not simulated, but counts in the recorded stalls`,
    );
  if (pausedTime > 0) notes.push(`the viewer paused for ${pausedTime.toFixed(1)} s: the simulator plays through`);
  if (viewDropped) notes.push('the recording has no end: what was still to come is not known');
  return notes;
}
