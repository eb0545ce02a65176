import { sabreEwma } from '../abr/sabre-ewma.ts';
import type { AbrStrategy } from '../abr/strategy.ts';
import { dualEwma } from '../abr/throughput-estimator.ts';
import { modelByName } from '../qoe/models.ts';
import type { Movie } from './movie.ts';
import type { NetworkTrace } from './network-trace.ts';
import { type PlayerProfile, PROFILES } from './profile.ts';
import { type LiveOptions, type SessionSummary, type SimulateOptions, simulate, simulateSummary } from './simulate.ts';

/** Whose timing a simulation follows; see {@link PROFILES}. */
export type Semantics = keyof typeof PROFILES;

/** How all sessions of a comparison are played. */
export interface PlaySettings {
  /** Default `sabre`. */
  readonly semantics?: Semantics;
  /** s of forward buffer at which fetching stops; null or left out is the profile's own. */
  readonly maxBuffer?: number | null;
  /** Whether downloads may be given up. Default true. */
  readonly abandonment?: boolean;
  /** Plays the movie as a live stream; null or left out is on demand. */
  readonly live?: LiveOptions | null;
  /** QoE models to score each session with besides the linear QoE, by the names of `MODEL_NAMES`. Default none. */
  readonly models?: readonly string[];
}

/** One session of a comparison, as it stands in files: times in s, bitrates in bits/s, `levels` indices into the ladder. */
export interface SessionRow {
  readonly trace: string;
  readonly strategy: string;
  readonly levels: readonly number[];
  readonly startupTime: number;
  readonly stallTime: number;
  readonly stallCount: number;
  readonly averageBitrate: number;
  readonly switches: number;
  readonly linearQoe: number;
  /**
   * (QoE − that of the lowest rendition throughout) / (the best that was possible − that of the lowest): 1 is the physical
   * limit, 0 no better than never choosing, below 0 worse than that. Null where the two are the same or the limit is not known.
   */
  readonly shareOfReachable: number | null;
  /** By model, where {@link PlaySettings} asked for models; null where a model has nothing to go by. */
  readonly scores?: Readonly<Record<string, number | null>>;
  /** Mean latency behind the live edge, s; only of live sessions. */
  readonly liveLatency?: number;
}

/** QoE of the lowest rendition throughout, and the best that any player could have reached. */
export interface Reach {
  readonly lowest: number;
  readonly best: number;
}

/** Strategies by the name under which their rows stand, each with what makes a new one. */
export type StrategySet = Readonly<Record<string, () => AbrStrategy>>;

/** What {@link playTrace} plays. */
export interface PlayTraceOptions extends PlaySettings {
  readonly movie: Movie;
  readonly trace: NetworkTrace;
  readonly strategies: StrategySet;
  /** The limits on this trace; null where nobody wants to know. */
  readonly reach?: Reach | null;
}

/** The options of a single simulation, from the settings of a comparison: with the timing of an engine goes the player's estimator. */
export function simulateOptions(
  movie: Movie,
  trace: NetworkTrace,
  strategy: AbrStrategy,
  settings: PlaySettings,
): SimulateOptions {
  const { semantics = 'sabre', maxBuffer = null, abandonment = true, live = null } = settings;
  const profile: PlayerProfile = PROFILES[semantics]();
  const estimator = semantics === 'sabre' ? sabreEwma() : dualEwma();
  const buffer = maxBuffer === null ? {} : { bufferTarget: maxBuffer };
  return { movie, trace, strategy, estimator, profile, abandonment, ...buffer, ...(live === null ? {} : { live }) };
}

/** What the lowest rendition throughout comes to on a trace: where shares of the reachable begin. */
export function lowestThroughout(movie: Movie, trace: NetworkTrace, settings: PlaySettings = {}): SessionSummary {
  const lowest: AbrStrategy = {
    name: 'lowest',
    decide: ({ candidates }) => ({ index: candidates[0] ?? 0, reason: 'always the lowest' }),
  };
  return simulateSummary(simulateOptions(movie, trace, lowest, settings));
}

/**
 * Every strategy on one trace, in the order of the set: the unit of work of a comparison, and the same whoever does it.
 *
 * @throws RangeError if the trace never lets a bit through, or the buffer is shorter than a segment
 */
export function playTrace(options: PlayTraceOptions): SessionRow[] {
  const { movie, trace, strategies, reach = null, ...settings } = options;
  return Object.entries(strategies).map(([name, create]) => {
    const played = simulateOptions(movie, trace, create(), settings);
    return playRow(name, played, settings.models ?? [], reach);
  });
}

/** One session as a row; scored by models only where asked, since that takes all its facts instead of their sum. */
export function playRow(
  name: string,
  options: SimulateOptions,
  models: readonly string[],
  reach: Reach | null,
): SessionRow {
  if (models.length === 0) return toRow(name, simulateSummary(options), reach);
  const { summary, timeline } = simulate(options);
  const scores = Object.fromEntries(models.map((model) => [model, modelByName(model).score(timeline).value]));
  return { ...toRow(name, summary, reach), scores };
}

/** A summary as a row, under the name it was asked for by. */
export function toRow(strategy: string, summary: SessionSummary, reach: Reach | null): SessionRow {
  const { trace, levels, startupTime, stallTime, stallCount, averageBitrate, switches, linearQoe, liveLatency } =
    summary;
  const shareOfReachable = shareOf(linearQoe, reach);
  return {
    trace,
    strategy,
    levels,
    startupTime,
    stallTime,
    stallCount,
    averageBitrate,
    switches,
    linearQoe,
    shareOfReachable,
    ...(liveLatency === null ? {} : { liveLatency }),
  };
}

function shareOf(qoe: number, reach: Reach | null): number | null {
  if (reach === null || !(reach.best > reach.lowest)) return null;
  return (qoe - reach.lowest) / (reach.best - reach.lowest);
}
