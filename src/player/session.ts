import { type AbrController, createAbrController } from '../abr/abr-controller.ts';
import type { AbrStrategy } from '../abr/strategy.ts';
import { dualEwma, type ThroughputEstimator } from '../abr/throughput-estimator.ts';
import type { Engine, EngineLoader, EngineSettings } from '../engine/engine.ts';
import { errorFact } from '../media/error-fact.ts';
import type { Fact, ManifestFact, PlaybackEvent } from '../media/playback-event.ts';
import { PlayerError } from '../media/player-error.ts';
import { redactUrl } from '../media/redact-url.ts';
import { cmsd } from '../net/cmsd.ts';
import { fetchHandler } from '../net/fetch-handler.ts';
import { compose, type Middleware } from '../net/http.ts';
import { record } from '../net/record.ts';
import { retry } from '../net/retry.ts';
import { createEventLog, type EventLog } from '../session/event-log.ts';
import { mailbox } from '../session/mailbox.ts';
import { advance, EMPTY_TIMELINE, type Timeline } from '../session/timeline.ts';
import { type CapOptions, type Caps, watchCaps } from './caps.ts';
import { reportElement } from './element-facts.ts';
import { type PlayerSize, watchPlayerSize } from './player-size.ts';
import { systemClock } from './system-clock.ts';

/** What one session is made of. */
export interface SessionParts {
  readonly media: HTMLMediaElement;
  readonly loader: EngineLoader;
  readonly strategy: AbrStrategy;
  readonly estimator: (() => ThroughputEstimator) | null;
  readonly abandon: boolean;
  readonly middlewares: readonly Middleware[];
  readonly settings: EngineSettings;
  readonly caps: CapOptions;
  readonly sessionId: string;
  readonly random: () => number;
  readonly autoplay: boolean;
  /** Told of every fact after everything inside the session knows it, in order. */
  readonly observe: (event: PlaybackEvent, timeline: Timeline) => void;
}

/** One source in one engine from `load` to `end`: the composition of log, folds, controller, pipeline and engine. */
export interface Session {
  readonly log: EventLog;
  readonly controller: AbrController;
  readonly manifest: ManifestFact | null;
  timeline(): Timeline;
  engine(): Engine | null;
  tell(fact: Fact): void;
  load(src: string, signal: AbortSignal): Promise<void>;
  /** Ends the session once; later facts are ignored. */
  end(): Promise<void>;
}

const asPlayerError = (failure: unknown, signal: AbortSignal): PlayerError => {
  if (failure instanceof PlayerError) return failure;
  if (signal.aborted) return new PlayerError('ABORTED', 'load() was aborted', { cause: signal.reason ?? failure });
  return new PlayerError('ENGINE_FAILED', `the engine failed: ${failure}`, { fatal: true, cause: failure });
};

/** Puts a session together; nothing happens before `load`. */
export function createSession(parts: SessionParts): Session {
  const { media, loader, strategy, settings, observe } = parts;
  const clock = systemClock();
  const log = createEventLog();
  const controller = createAbrController({
    strategy,
    estimator: parts.estimator?.() ?? dualEwma(),
    abandon: parts.abandon,
  });
  const ending = new AbortController();
  const stops: (() => void)[] = [];
  const told = new Set<string>();
  let timeline: Timeline = EMPTY_TIMELINE;
  let manifest: ManifestFact | null = null;
  let engine: Engine | null = null;
  let caps: Caps | null = null;
  let size: PlayerSize | null = null;
  let over: Promise<void> | null = null;
  let started = false;
  let closed = false;

  const onManifest = (fact: ManifestFact): void => {
    if (manifest !== null) return;
    manifest = fact;
    // Where the engine cannot say what there is, there is nothing to cap.
    if (fact.ladder.length === 0) return;
    const shown = (): number | null => timeline.rendition;
    const change = (source: Extract<Fact, { type: 'cap' }>['source'], index: number | null): void => {
      tell({ type: 'cap', source, index });
      engine?.reconsider({ replaceBuffer: false });
    };
    caps = watchCaps({ media, ladder: fact.ladder, clock, shown }, parts.caps, change);
    stops.push(caps.stop);
    if (size !== null) caps.resize(size);
  };

  const post = mailbox<PlaybackEvent>((event) => {
    log.append(event);
    timeline = advance(timeline, event);
    try {
      controller.observe(event);
    } catch (failure) {
      tellStrategyFailed(failure);
    }
    if (event.type === 'manifest') onManifest(event);
    observe(event, timeline);
  });
  const early: PlaybackEvent[] = [];
  const report = (event: PlaybackEvent): void => {
    // `sessionStart` is the first fact of a session: a request for playback made while the session before ends waits for it.
    if (!started) early.push(event);
    // Engines are asked for facts in the order they happen; a late `end` of a request must not turn time back.
    else if (!closed) post(event.at < timeline.at ? { ...event, at: timeline.at } : event);
  };
  const tell = (fact: Fact): void => report({ ...fact, at: clock.now() });

  const network = fetchHandler(clock);
  const policies = compose(
    retry({ clock, random: parts.random }),
    ...parts.middlewares,
    cmsd(clock, report),
    record(clock, report),
  );
  const http = policies(network.handler);

  /** Tells once of each different failure: a strategy may fail at every segment. */
  const tellStrategyFailed = (failure: unknown): void => {
    if (told.has(String(failure))) return;
    told.add(String(failure));
    tell(errorFact(new PlayerError('STRATEGY_FAILED', `strategy "${strategy.name}" failed: ${failure}`)));
  };

  const decide: AbrController['decide'] = (input) => {
    const choice = controller.decide(input);
    if (choice.failure !== null) tellStrategyFailed(choice.failure);
    return choice;
  };

  const start = (src: string): void => {
    const { sessionId } = parts;
    started = true;
    report({
      at: 0,
      type: 'sessionStart',
      sessionId,
      startedAt: Date.now() - Math.round(clock.now() * 1000),
      engine: loader.name,
      strategy: strategy.name,
      src: redactUrl(src),
    });
    for (const event of early.splice(0)) report(event);
    if (parts.autoplay) tell({ type: 'playbackRequest' });
  };

  const resized = (now: PlayerSize): void => {
    size = now;
    tell({ type: 'playerResize', ...now });
    caps?.resize(now);
  };

  const load = async (src: string, signal: AbortSignal): Promise<void> => {
    const both = AbortSignal.any([signal, ending.signal]);
    start(src);
    try {
      both.throwIfAborted();
      const make = await loader.load();
      both.throwIfAborted();
      engine = make({ media, decide, abandon: controller.abandon, report, http, clock, settings });
      stops.push(
        watchPlayerSize(media, resized),
        reportElement(media, clock, report, {
          bufferLevel: () => engine?.bufferLevel() ?? 0,
          latency: () => engine?.live()?.latency ?? null,
        }),
      );
      await engine.load(src, both);
      both.throwIfAborted();
    } catch (failure) {
      const error = asPlayerError(failure, both);
      const known = timeline.errors.some(({ code, fatal }) => fatal && code === error.code);
      if (error.code !== 'ABORTED' && !known) tell({ ...errorFact(error), fatal: true });
      throw error;
    }
  };

  const finish = async (): Promise<void> => {
    for (const stop of stops) stop();
    const { state } = timeline.machine;
    ending.abort(new PlayerError('ABORTED', 'the session is over'));
    try {
      // Requests that the end aborts are still told of; the end itself comes last.
      await engine?.destroy();
    } finally {
      if (started) tell({ type: 'sessionEnd', reason: state === 'ended' || state === 'failed' ? state : 'quit' });
      closed = true;
      network.destroy();
      clock.destroy();
    }
  };

  return {
    log,
    controller,
    get manifest() {
      return manifest;
    },
    timeline: () => timeline,
    engine: () => engine,
    tell,
    load,
    end() {
      over ??= finish();
      return over;
    },
  };
}
