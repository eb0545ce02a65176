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
  /** Cap at what the element shows on screen, device pixels counted. Default true. */
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

/** Every option once; the compiler sees to it that none is missing. */
const OPTIONS: Readonly<Record<keyof PlayerOptions, true>> = {
  media: true,
  engine: true,
  strategy: true,
  scorers: true,
  estimator: true,
  middlewares: true,
  abandon: true,
  bufferTarget: true,
  backBuffer: true,
  startPosition: true,
  audioLanguage: true,
  textLanguage: true,
  capToPlayerSize: true,
  capOnDroppedFrames: true,
  dataSaver: true,
  engineConfig: true,
  sessionId: true,
  random: true,
};

/** A value for a message: short, and a function as what to do with it. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `"${value}"`;
  if (typeof value === 'function') return `the function ${value.name || 'without a name'} (call it?)`;
  return typeof value === 'object' && value !== null
    ? `an object with ${Object.keys(value).join(', ') || 'nothing'}`
    : String(value);
}

/**
 * Refuses a value that does not fit.
 *
 * @throws TypeError naming what it is, what was expected, and what came
 */
export function must(fits: boolean, name: string, expected: string, value: unknown): void {
  if (!fits) throw new TypeError(`${name} must be ${expected}, got ${show(value)}`);
}

const seconds = (name: string, value: unknown, least: 'over 0' | '0 or more'): void => {
  const fits = typeof value === 'number' && (least === 'over 0' ? value > 0 : value >= 0);
  if (!fits) throw new RangeError(`${name} must be a number of seconds, ${least}, got ${show(value)}`);
};

const hasMethod = (value: unknown, method: string): boolean =>
  typeof (value as Record<string, unknown> | null | undefined)?.[method] === 'function';

const isNamed = (value: unknown, method: string): boolean =>
  hasMethod(value, method) && typeof (value as { name?: unknown }).name === 'string';

function checkNames(options: PlayerOptions): void {
  const known = Object.keys(OPTIONS);
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const meant = known.find((name) => name.toLowerCase() === unknown.toLowerCase());
  throw new TypeError(
    `"${unknown}" is no option${meant ? `: did you mean ${meant}?` : `; known are ${known.join(', ')}`}`,
  );
}

function checkScorers(scorers: readonly QoeScorer[]): void {
  must(Array.isArray(scorers), 'scorers', 'an array of QoeScorers', scorers);
  for (const scorer of scorers) {
    must(isNamed(scorer, 'score'), 'scorers', 'QoeScorers with a name and a score()', scorer);
  }
  const names = scorers.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new TypeError(`scorers must have different names, got "${twice}" twice`);
}

/**
 * Refuses options that cannot work.
 *
 * @throws TypeError or RangeError naming the option, what was expected and what came
 */
export function checkOptions(options: PlayerOptions): void {
  must(typeof options === 'object' && options !== null, 'options', 'an object with media', options);
  checkNames(options);
  const { media, engine = 'auto', strategy, scorers = [], middlewares = [] } = options;
  must(hasMethod(media, 'canPlayType'), 'media', 'an HTMLMediaElement', media);
  const known = typeof engine === 'string' ? NAMES.includes(engine) : hasMethod(engine, 'load');
  must(known, 'engine', `one of ${NAMES.join(', ')} or an EngineLoader`, engine);
  must(
    strategy === undefined || isNamed(strategy, 'decide'),
    'strategy',
    'an AbrStrategy with a name and a decide()',
    strategy,
  );
  checkScorers(scorers);
  for (const middleware of middlewares) must(typeof middleware === 'function', 'middlewares', 'functions', middleware);
  seconds('bufferTarget', options.bufferTarget ?? 30, 'over 0');
  seconds('backBuffer', options.backBuffer ?? 30, '0 or more');
  seconds('startPosition', options.startPosition ?? 0, '0 or more');
}
