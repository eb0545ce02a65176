import type { AbrContext, AbrDecision, AbrStrategy, DownloadProgress } from '../../abr/strategy.ts';
import type { EventOf, PlaybackEvent } from '../../media/playback-event.ts';
import { type SimulatedGlobals, simulatedGlobals } from './simulated-globals.ts';

/** What of hls.js's own `AbrController` is used; it runs as it is shipped. */
interface HlsAbrController {
  nextAutoLevel: number;
  readonly firstAutoLevel: number;
  readonly bwEstimator: { getEstimate(): number };
  resetEstimator(bitrate: number): void;
}

type Listener = (event: string, data: unknown) => void;

/** The parts of the package that are used. */
interface HlsPackage {
  readonly default: { readonly version: string; readonly DefaultConfig: Record<string, unknown> };
  readonly AbrController: new (hls: unknown) => HlsAbrController;
  readonly AttrList: new (attributes: Record<string, string>) => unknown;
  readonly Level: new (data: unknown) => { details?: unknown };
  readonly Events: Readonly<Record<string, string>>;
}

/** hls.js raises its initial estimate to the first level's bitrate, up to this (its `abrEwmaDefaultEstimateMax`), bits/s. */
const ESTIMATE_LIMIT = 5_000_000;

const quiet = (): void => {};
const LOGGER = { trace: quiet, debug: quiet, log: quiet, info: quiet, warn: quiet, error: quiet };

/**
 * The ABR of hls.js as it is shipped: its own `AbrController` with its own bandwidth estimator, default configuration and
 * abandon check (every 100 ms on simulated time). Adapted is the player around it: the levels are the ladder, the buffer
 * and the downloads are the simulator's, and what it does after an emergency switch (fetch the level it set) is the
 * simulator's abandonment. Left out: the bitrate test fragment of `startLevel: -1`, MediaCapabilities, alternate audio.
 *
 * Its memory changes when asked, as hls.js's does: a session of it replays only as a whole.
 *
 * @returns what makes one for each session
 * @throws Error if hls.js is not installed
 */
export async function loadHlsJs(): Promise<{ readonly version: string; readonly create: () => AbrStrategy }> {
  const hlsJs = (await import('hls.js')) as unknown as HlsPackage;
  return { version: hlsJs.default.version, create: () => hlsJsStrategy(hlsJs) };
}

function hlsJsStrategy(hlsJs: HlsPackage): AbrStrategy {
  let session: HlsSession | null = null;
  const sessionFor = (context: AbrContext): HlsSession => {
    session ??= new HlsSession(hlsJs, simulatedGlobals(['self', 'performance']), context);
    return session;
  };
  return {
    name: 'hlsjs',
    observe(event) {
      if (event.type === 'sessionStart') session = null;
      session?.observe(event);
    },
    decide: (context) => sessionFor(context).decide(context),
    abandon: (context, progress) => sessionFor(context).abandon(context, progress),
  };
}

/** A fragment as hls.js sees it. */
interface Fragment {
  readonly type: 'main';
  readonly sn: number;
  readonly level: number;
  readonly duration: number;
  readonly bitrate: number;
  readonly bitrateTest: false;
  readonly stats: {
    aborted: boolean;
    loaded: number;
    total: number;
    loading: { start: number; first: number; end: number };
    parsing: { start: number; end: number };
    bwEstimate: number;
  };
  abortRequests(): void;
}

/** One session: hls.js's controller, and the `Hls` that it believes to live in. */
class HlsSession {
  readonly #globals: SimulatedGlobals;
  readonly #events: Readonly<Record<string, string>>;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #hls: Record<string, unknown>;
  readonly #abr: HlsAbrController;
  readonly #details: unknown;
  readonly #levels: { details?: unknown; readonly bitrate: number }[];
  #loadLevel = -1;
  #fragment: Fragment | null = null;
  #emergency = false;

  constructor(hlsJs: HlsPackage, globals: SimulatedGlobals, { ladder, segment, live }: AbrContext) {
    this.#globals = globals;
    this.#events = hlsJs.Events;
    this.#details = { live: live !== null, averagetargetduration: segment.duration, partTarget: 0 };
    this.#levels = ladder.map(({ bitrate, width = 0, height = 0 }, id) => {
      const attrs = new hlsJs.AttrList({ BANDWIDTH: String(bitrate) });
      return new hlsJs.Level({ attrs, bitrate, id, name: '', url: '', width, height }) as { readonly bitrate: number };
    });
    this.#hls = this.#fakeHls({ ...hlsJs.default.DefaultConfig, useMediaCapabilities: false });
    this.#abr = globals.within(() => new hlsJs.AbrController(this.#hls));
    const first = this.#levels[0]?.bitrate ?? 0;
    if (first > this.#abr.bwEstimator.getEstimate()) this.#abr.resetEstimator(Math.min(first, ESTIMATE_LIMIT));
  }

  #fakeHls(config: Record<string, unknown>): Record<string, unknown> {
    const session = this;
    return {
      logger: LOGGER,
      config,
      levels: session.#levels,
      allAudioTracks: [],
      media: { paused: false, playbackRate: 1, readyState: 4 },
      mainForwardBufferInfo: { len: 0 },
      minAutoLevel: 0,
      maxAutoLevel: session.#levels.length - 1,
      firstLevel: 0,
      autoLevelEnabled: true,
      latestLevelDetails: session.#details,
      get loadLevel() {
        return session.#loadLevel;
      },
      get loadLevelObj() {
        return session.#levels[session.#loadLevel];
      },
      // As hls.js's level controller does: what is to be loaded next is the level now, and the controller is told.
      set nextLoadLevel(level: number) {
        session.#loadLevel = level;
        session.#abr.nextAutoLevel = level;
      },
      get nextAutoLevel() {
        return session.#abr.nextAutoLevel;
      },
      set nextAutoLevel(level: number) {
        session.#abr.nextAutoLevel = level;
      },
      on(event: string, listener: Listener, owner: unknown) {
        const listeners = session.#listeners.get(event) ?? new Set();
        listeners.add(listener.bind(owner));
        session.#listeners.set(event, listeners);
      },
      off() {},
      trigger(event: string) {
        if (event === session.#events.FRAG_LOAD_EMERGENCY_ABORTED) session.#emergency = true;
      },
    };
  }

  #tell(name: string, data: unknown): void {
    const event = this.#events[name] ?? name;
    this.#globals.within(() => {
      for (const listener of this.#listeners.get(event) ?? []) listener(event, data);
    });
  }

  #set(context: AbrContext): void {
    this.#globals.setTime(context.now * 1000);
    this.#hls.mainForwardBufferInfo = { len: context.bufferLevel };
    const paused = context.phase === 'startup';
    this.#hls.media = { paused, playbackRate: context.playbackRate, readyState: paused ? 0 : 4 };
  }

  decide(context: AbrContext): AbrDecision {
    this.#set(context);
    const level = this.#globals.within(() =>
      context.current === null ? this.#abr.firstAutoLevel : this.#abr.nextAutoLevel,
    );
    const estimate = this.#abr.bwEstimator.getEstimate();
    return { index: level, reason: `hls.js at ${Math.round(estimate / 1e4) / 100} Mbit/s estimated` };
  }

  observe(event: PlaybackEvent): void {
    this.#globals.setTime(event.at * 1000);
    if (event.type === 'decision' && event.segment.number !== null) this.#loading(event);
    else if (event.type === 'request' && event.kind === 'segment') this.#loaded(event);
  }

  #loading(decision: EventOf<'decision'>): void {
    const { index } = decision;
    this.#loadLevel = index;
    const level = this.#levels[index];
    if (level !== undefined) level.details = this.#details;
    const duration = (this.#details as { averagetargetduration: number }).averagetargetduration;
    const startMs = decision.at * 1000;
    this.#fragment = {
      type: 'main',
      sn: decision.segment.number ?? 0,
      level: index,
      duration,
      bitrate: level?.bitrate ?? 0,
      bitrateTest: false,
      stats: {
        aborted: false,
        loaded: 0,
        total: 0,
        loading: { start: startMs, first: 0, end: 0 },
        parsing: { start: 0, end: 0 },
        bwEstimate: 0,
      },
      abortRequests: quiet,
    };
    this.#emergency = false;
    this.#tell('FRAG_LOADING', { frag: this.#fragment });
  }

  #loaded(request: EventOf<'request'>): void {
    const frag = this.#fragment;
    if (frag === null || request.segment?.rendition !== frag.level) return;
    const { stats } = frag;
    if (request.outcome !== 'ok') {
      stats.aborted = true;
      return;
    }
    const endMs = request.at * 1000;
    stats.loaded = request.bytes;
    stats.total = request.bytes;
    stats.loading = {
      start: request.start * 1000,
      first: Math.max((request.firstByte ?? request.start) * 1000, request.start * 1000 + 0.001),
      end: endMs,
    };
    stats.parsing = { start: endMs, end: endMs };
    this.#tell('FRAG_LOADED', { frag, part: null });
    this.#tell('FRAG_BUFFERED', { frag, part: null, stats, id: 'main' });
  }

  abandon(context: AbrContext, progress: DownloadProgress): AbrDecision | null {
    const frag = this.#fragment;
    if (frag === null) return null;
    this.#set(context);
    const { stats } = frag;
    const startMs = (context.now - progress.elapsed) * 1000;
    stats.loading.start = startMs;
    stats.loading.first = progress.firstByte === null ? 0 : startMs + Math.max(progress.firstByte * 1000, 0.001);
    stats.loaded = progress.bytes;
    stats.total = progress.totalBytes ?? 0;
    this.#globals.runTimers();
    if (!this.#emergency) return null;
    this.#emergency = false;
    const index = this.#loadLevel;
    return { index, reason: 'hls.js: fragment is loading too slowly' };
  }
}
