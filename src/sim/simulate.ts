import { type AbrController, createAbrController } from '../abr/abr-controller.ts';
import { sabreEwma } from '../abr/sabre-ewma.ts';
import type { AbrStrategy } from '../abr/strategy.ts';
import type { ThroughputEstimator } from '../abr/throughput-estimator.ts';
import type { PlaybackEvent, Report } from '../media/playback-event.ts';
import { replay, type Timeline } from '../session/timeline.ts';
import { linearQoe } from './linear-qoe.ts';
import type { Movie } from './movie.ts';
import type { NetworkTrace } from './network-trace.ts';
import { playMovie } from './play-movie.ts';
import { type PlayerProfile, sabre } from './profile.ts';

/** A live presentation: segments appear as they are produced. Times in s. */
export interface LiveOptions {
  /** Distance behind the live edge that the player aims for. */
  readonly targetLatency: number;
  /** Playback rate to catch up with, and to fall back with; 1 leaves the rate alone. Default 1. */
  readonly fastRate?: number;
  readonly slowRate?: number;
  /** Distance from the target within which the rate is 1. Default 0.2. */
  readonly tolerance?: number;
}

/** One session to simulate: what is played, over which network, by which strategy, in which player. */
export interface SimulateOptions {
  readonly movie: Movie;
  readonly trace: NetworkTrace;
  readonly strategy: AbrStrategy;
  /** Default {@link sabreEwma}. A strategy and an estimator serve one session at a time. */
  readonly estimator?: ThroughputEstimator;
  /** Default {@link sabre}. */
  readonly profile?: PlayerProfile;
  /** s; default the profile's. */
  readonly bufferTarget?: number;
  /** Whether downloads may be given up. Default true. */
  readonly abandonment?: boolean;
  /** Whether the strategy is told the real size of each segment, as a manifest with byte ranges does. Default true. */
  readonly sizesKnown?: boolean;
  readonly live?: LiveOptions;
}

/** What became of a simulated session. Times in s, bitrates in bits/s. */
export interface SessionSummary {
  readonly trace: string;
  readonly strategy: string;
  /** Rendition of each segment, in order. */
  readonly levels: readonly number[];
  readonly startupTime: number;
  readonly stallTime: number;
  readonly stallCount: number;
  /** Mean of the declared bitrates of the segments, by their duration. */
  readonly averageBitrate: number;
  readonly switches: number;
  readonly linearQoe: number;
  readonly abandonments: number;
  /** Bytes of media received, and the part of them that was given up. */
  readonly bytes: number;
  readonly wastedBytes: number;
  /** Session clock at the end. */
  readonly duration: number;
  /** Mean latency behind the live edge as segments arrived; null for VOD. */
  readonly liveLatency: number | null;
}

/** A session with everything that happened in it. */
export interface SimulatedSession {
  readonly summary: SessionSummary;
  readonly events: readonly PlaybackEvent[];
  readonly timeline: Timeline;
}

/**
 * Plays a movie over a trace and returns every fact, as a session in a browser would have reported it.
 *
 * @throws RangeError if the trace never lets a bit through, or an option is out of its range
 */
export function simulate(options: SimulateOptions): SimulatedSession {
  const events: PlaybackEvent[] = [];
  const summary = run(options, (event) => events.push(event));
  return { summary, events, timeline: replay(events) };
}

/**
 * The same session, summed up only: the numbers of {@link simulate} to the last bit, without the log. Left out are the facts
 * that only a log needs (`renditionChange`); a strategy of your own that listens to those needs {@link simulate}.
 */
export function simulateSummary(options: SimulateOptions): SessionSummary {
  return run(options, null);
}

function run(options: SimulateOptions, log: Report | null): SessionSummary {
  const { movie, trace, strategy, profile = sabre(), abandonment = true, sizesKnown = true, live = null } = options;
  const bufferTarget = options.bufferTarget ?? profile.bufferTarget;
  const shortest = Math.max(...movie.durations);
  if (!(bufferTarget >= shortest)) {
    throw new RangeError(`bufferTarget must be at least a segment (${shortest} s), got ${bufferTarget} s`);
  }
  const controller: AbrController = createAbrController({
    strategy,
    estimator: options.estimator ?? sabreEwma(),
    abandon: abandonment,
  });
  const played = playMovie({ movie, trace, controller, profile, bufferTarget, abandonment, sizesKnown, live, log });
  return { trace: trace.id, strategy: strategy.name, ...played, ...summed(movie, played) };
}

function summed(
  { ladder, durations }: Movie,
  played: { readonly levels: readonly number[]; readonly startupTime: number; readonly stallTime: number },
): Pick<SessionSummary, 'averageBitrate' | 'switches' | 'linearQoe'> {
  const { levels, startupTime, stallTime } = played;
  let bits = 0;
  let time = 0;
  let switches = 0;
  for (const [segment, level] of levels.entries()) {
    const duration = durations[segment] ?? 0;
    bits += (ladder[level]?.bitrate ?? 0) * duration;
    time += duration;
    if (segment > 0 && level !== levels[segment - 1]) switches += 1;
  }
  return { averageBitrate: bits / time, switches, linearQoe: linearQoe(ladder, levels, startupTime + stallTime) };
}
