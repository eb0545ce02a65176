import type { AbrStrategy } from '../abr/strategy.ts';
import type { ThroughputEstimator } from '../abr/throughput-estimator.ts';
import type { EngineLoader } from '../engine/engine.ts';
import type { Middleware } from '../net/http.ts';
import type { QoeScorer } from '../qoe/qoe-scorer.ts';

/** Engines known by name; `auto` takes the first of hls, shaka, native that can play the source. */
export type EngineName = 'auto' | 'hls' | 'shaka' | 'native';

/** How to make a player. Only `media` is needed. Times in s. */
export interface PlayerOptions {
  readonly media: HTMLMediaElement;
  /** Default `auto`. An {@link EngineLoader} brings an engine of your own. */
  readonly engine?: EngineName | EngineLoader | undefined;
  /** Chooses renditions. Default `throughput()`. */
  readonly strategy?: AbrStrategy | undefined;
  /** Scores the session, each under its name in `qoe$`. Default `[weighted()]`. */
  readonly scorers?: readonly QoeScorer[] | undefined;
  /** Estimates the network anew for each session. Default {@link dualEwma}. */
  readonly estimator?: (() => ThroughputEstimator) | undefined;
  /** Policies around every request of the engine, the first outermost, between retry and the record of each attempt. */
  readonly middlewares?: readonly Middleware[] | undefined;
  /** Let downloads be given up for a lower rendition. Default true. */
  readonly abandon?: boolean | undefined;
  /** Forward buffer at which fetching stops. Default 30. */
  readonly bufferTarget?: number | undefined;
  /** Media kept behind the playhead. Default 30. */
  readonly backBuffer?: number | undefined;
  /** Where to start; null (default) is the beginning, or the live edge. */
  readonly startPosition?: number | null | undefined;
  /** Preferred languages, BCP 47. */
  readonly audioLanguage?: string | null | undefined;
  readonly textLanguage?: string | null | undefined;
  /** Cap at what the element shows on screen. Default true. */
  readonly capToPlayerSize?: boolean | undefined;
  /** Cap for half a minute below a rendition whose frames are dropped. Default true. */
  readonly capOnDroppedFrames?: boolean | undefined;
  /** Cap at 480 lines; `auto` (default) follows the browser's setting. */
  readonly dataSaver?: boolean | 'auto' | undefined;
  /** Merged over the engine's own configuration, for what Sluice has no word for. */
  readonly engineConfig?: Readonly<Record<string, unknown>> | undefined;
  /** Name of each session. Default a random UUID. */
  readonly sessionId?: (() => string) | undefined;
  /** 0…1, for jitter. Default Math.random. */
  readonly random?: (() => number) | undefined;
}

const NAMES: readonly string[] = ['auto', 'hls', 'shaka', 'native'];

const isElement = (media: unknown): boolean =>
  typeof media === 'object' && media !== null && typeof (media as HTMLMediaElement).canPlayType === 'function';

const show = (value: unknown): string => (typeof value === 'string' ? `"${value}"` : String(value));

/**
 * Refuses options that cannot work.
 *
 * @throws TypeError or RangeError naming the option, what was expected and what came
 */
export function checkOptions(options: PlayerOptions): void {
  const {
    media,
    engine = 'auto',
    strategy,
    scorers = [],
    bufferTarget = 30,
    backBuffer = 30,
    startPosition = null,
  } = options;
  if (!isElement(media)) throw new TypeError(`media must be an HTMLMediaElement, got ${show(media)}`);
  if (typeof engine === 'string' ? !NAMES.includes(engine) : typeof engine?.load !== 'function') {
    throw new TypeError(`engine must be one of ${NAMES.join(', ')} or an EngineLoader, got ${show(engine)}`);
  }
  if (strategy !== undefined && typeof strategy?.decide !== 'function') {
    throw new TypeError(`strategy must be an AbrStrategy with a decide(), got ${show(strategy)}`);
  }
  for (const scorer of scorers) {
    if (typeof scorer?.score !== 'function')
      throw new TypeError(`scorers must be QoeScorers with a score(), got ${show(scorer)}`);
  }
  const names = scorers.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new TypeError(`scorers must have different names, got "${twice}" twice`);
  if (!(bufferTarget > 0)) throw new RangeError(`bufferTarget must be > 0 s, got ${bufferTarget}`);
  if (!(backBuffer >= 0)) throw new RangeError(`backBuffer must be >= 0 s, got ${backBuffer}`);
  if (startPosition !== null && !(startPosition >= 0)) {
    throw new RangeError(`startPosition must be >= 0 s or null, got ${startPosition}`);
  }
}
