import { BehaviorSubject, type Observable, Subject } from 'rxjs';
import type { AbrStrategy } from '../abr/strategy.ts';
import { throughput } from '../abr/throughput.ts';
import type { EngineSettings } from '../engine/engine.ts';
import { errorFact } from '../media/error-fact.ts';
import type { PlaybackEvent } from '../media/playback-event.ts';
import { PlayerError } from '../media/player-error.ts';
import type { AudioTrack, Ladder, TextTrack } from '../media/rendition.ts';
import type { QoeScore, QoeScorer } from '../qoe/qoe-scorer.ts';
import { weighted } from '../qoe/weighted.ts';
import { toNdjson } from '../session/event-log.ts';
import type { PlaybackState } from '../session/playback-state.ts';
import { EMPTY_TIMELINE, type Timeline } from '../session/timeline.ts';
import { indexWithin, isLimit, type RenditionLimit } from './caps.ts';
import { chooseEngine } from './choose-engine.ts';
import { checkOptions, must, type PlayerOptions } from './player-options.ts';
import { createSession, type Session } from './session.ts';

/** Scores by the name of their scorer. */
export type QoeScores = Readonly<Record<string, QoeScore>>;

/** How to load a source. `mimeType` helps where the URL does not tell; `signal` gives the load up. */
export interface LoadOptions {
  readonly mimeType?: string;
  readonly signal?: AbortSignal;
}

/**
 * A player on one media element. Commands go in by methods, everything that happens comes out by streams; the element
 * stays yours to read. Streams are hot, outlive a `load()`, and complete with `destroy()`.
 */
export interface Player {
  readonly media: HTMLMediaElement;
  /** Every fact of the session, in order; each when `timeline$`, `state$` and `qoe$` (told in this order) already hold it. */
  readonly events$: Observable<PlaybackEvent>;
  readonly timeline$: Observable<Timeline>;
  readonly state$: Observable<PlaybackState>;
  readonly qoe$: Observable<QoeScores>;
  readonly state: PlaybackState;
  readonly timeline: Timeline;
  readonly qoe: QoeScores;
  /** Name of the engine at work, null before `load()`. */
  readonly engine: string | null;
  /** What the engine at work cannot do, in words; empty if nothing. */
  readonly limits: readonly string[];

  /**
   * Starts a new session with this source, ending the one before. Resolves when the presentation is known.
   *
   * @throws PlayerError with a code: fatal trouble, ENGINE_UNSUPPORTED, or ABORTED by `signal`, `destroy()` or the next `load()`
   */
  load(src: string, options?: LoadOptions): Promise<void>;
  /**
   * Asks for playback; may be called while `load()` is under way, start-up time counts from here.
   *
   * @throws PlayerError AUTOPLAY_BLOCKED when the browser wants a gesture of the viewer first, INPUT_INVALID before `load()`
   */
  play(): Promise<void>;
  pause(): void;
  /** To this media time, s. @throws RangeError if it is not a number >= 0, PlayerError INPUT_INVALID before `load()` */
  seek(position: number): void;
  /** To the live edge; does nothing for VOD. */
  seekToLive(): void;
  /** Latency behind the live edge, s; null when not live. */
  readonly liveLatency: number | null;
  /** 0…1. */
  volume: number;
  muted: boolean;
  /** 1 is normal speed. */
  rate: number;

  /** Empty before the presentation is known. Indices everywhere are into this. */
  readonly renditions: Ladder;
  /** On screen; null before the first picture. */
  readonly rendition: number | null;
  /** What the viewer fixed; null leaves the choice to the strategy. */
  readonly selectedRendition: number | null;
  /** Fixes a rendition, or (null) gives the choice back. `replaceBuffer` (default true) shows it soon instead of after the buffer. */
  selectRendition(index: number | null, options?: { readonly replaceBuffer?: boolean }): void;
  /** Limits the strategy from above; null lifts it. Kept for sources loaded later. */
  capRendition(limit: RenditionLimit | null): void;
  readonly audioTracks: readonly AudioTrack[];
  readonly audioTrack: string | null;
  selectAudioTrack(id: string): void;
  readonly textTracks: readonly TextTrack[];
  readonly textTrack: string | null;
  selectTextTrack(id: string | null): void;

  /** bits/s the strategy reckons with; null before there is an estimate. */
  readonly throughput: number | null;
  /** The facts of the session so far, in order. */
  readonly events: readonly PlaybackEvent[];
  /** The session as NDJSON, one fact a line: `parseNdjson` and `replay` give the same timeline and scores again. */
  exportSession(): string;
  /** Ends the session and frees everything. Idempotent. */
  destroy(): Promise<void>;
}

const settingsOf = (options: PlayerOptions): EngineSettings => ({
  bufferTarget: options.bufferTarget ?? 30,
  backBuffer: options.backBuffer ?? 30,
  startPosition: options.startPosition ?? null,
  audioLanguage: options.audioLanguage ?? null,
  textLanguage: options.textLanguage ?? null,
  config: options.engineConfig ?? {},
});

const scoreAll = (
  scorers: readonly QoeScorer[],
  timeline: Timeline,
  failed: (scorer: QoeScorer, failure: unknown) => void,
): QoeScores => {
  const score = (scorer: QoeScorer): QoeScore => {
    try {
      return scorer.score(timeline);
    } catch (failure) {
      failed(scorer, failure);
      return { value: null, terms: {} };
    }
  };
  return Object.fromEntries(scorers.map((scorer) => [scorer.name, score(scorer)]));
};

/**
 * Makes a player.
 *
 * @throws TypeError or RangeError naming the option that cannot work
 */
export function createPlayer(options: PlayerOptions): Player {
  checkOptions(options);
  const { media, engine = 'auto', scorers = [weighted()] } = options;
  const strategy: AbrStrategy = options.strategy ?? throughput();
  const events$ = new Subject<PlaybackEvent>();
  const timeline$ = new BehaviorSubject<Timeline>(EMPTY_TIMELINE);
  const state$ = new BehaviorSubject<PlaybackState>(EMPTY_TIMELINE.machine.state);
  const qoe$ = new BehaviorSubject<QoeScores>(scoreAll(scorers, EMPTY_TIMELINE, () => {}));
  let session: Session | null = null;
  let loading: Promise<void> | null = null;
  let limits: readonly string[] = [];
  let limit: RenditionLimit | null = null;
  let audioTrack: string | null = null;
  let textTrack: string | null = null;
  let closing: Promise<unknown> = Promise.resolve();
  let destroyed: Promise<void> | null = null;

  const observe = (event: PlaybackEvent, timeline: Timeline): void => {
    if (event.type === 'audioTrackChange') audioTrack = event.id;
    if (event.type === 'textTrackChange') textTrack = event.id;
    if (event.type === 'manifest') applyLimit();
    become(timeline);
    // A request or a decision moves no score; everything the viewer could notice does.
    if (event.type !== 'request' && event.type !== 'decision') qoe$.next(scoreAll(scorers, timeline, tellScorerFailed));
    events$.next(event);
  };

  const become = (timeline: Timeline): void => {
    timeline$.next(timeline);
    const { state } = timeline.machine;
    if (state !== state$.value) state$.next(state);
  };

  const failedScorers = new Set<QoeScorer>();
  const tellScorerFailed = (scorer: QoeScorer, failure: unknown): void => {
    if (failedScorers.has(scorer)) return;
    failedScorers.add(scorer);
    session?.tell(errorFact(new PlayerError('SCORER_FAILED', `scorer "${scorer.name}" failed: ${failure}`)));
  };

  const applyLimit = (): void => {
    const ladder = session?.manifest?.ladder;
    if (!session || !ladder || ladder.length === 0) return;
    session.tell({ type: 'cap', source: 'user', index: limit === null ? null : indexWithin(ladder, limit) });
    session.engine()?.reconsider({ replaceBuffer: false });
  };

  const alive = (): void => {
    if (destroyed !== null) throw new PlayerError('ABORTED', 'the player was destroyed');
  };

  const load = async (src: string, { mimeType, signal }: LoadOptions = {}): Promise<void> => {
    alive();
    if (typeof src !== 'string' || src === '') throw new TypeError(`src must be a URL, got ${JSON.stringify(src)}`);
    signal?.throwIfAborted();
    const loader = chooseEngine(engine, src, mimeType ?? null);
    const before = session;
    const own = createSession({
      media,
      loader,
      strategy,
      estimator: options.estimator ?? null,
      abandon: options.abandon ?? true,
      middlewares: options.middlewares ?? [],
      settings: settingsOf(options),
      caps: {
        playerSize: options.capToPlayerSize ?? true,
        droppedFrames: options.capOnDroppedFrames ?? true,
        dataSaver: options.dataSaver ?? 'auto',
      },
      sessionId: options.sessionId?.() ?? crypto.randomUUID(),
      random: options.random ?? Math.random,
      autoplay: media.autoplay,
      observe,
    });
    session = own;
    limits = loader.limits;
    audioTrack = null;
    textTrack = null;
    closing = Promise.all([closing, before?.end()]);
    await closing;
    if (session !== own || destroyed !== null) throw new PlayerError('ABORTED', 'load() was overtaken');
    become(EMPTY_TIMELINE);
    await own.load(src, signal ?? new AbortController().signal);
  };

  const play = async (): Promise<void> => {
    alive();
    if (session === null) throw new PlayerError('INPUT_INVALID', 'play() needs a source: call load() first');
    session.tell({ type: 'playbackRequest' });
    await loading;
    try {
      await media.play();
    } catch (cause) {
      if (!(cause instanceof DOMException) || cause.name !== 'NotAllowedError') throw cause;
      const blocked = new PlayerError('AUTOPLAY_BLOCKED', 'the browser wants a gesture of the viewer before it plays', {
        cause,
      });
      session?.tell(errorFact(blocked));
      throw blocked;
    }
  };

  const end = async (): Promise<void> => {
    await Promise.all([closing, session?.end()]);
    for (const stream of [timeline$, state$, qoe$, events$]) stream.complete();
  };

  return {
    media,
    events$: events$.asObservable(),
    timeline$: timeline$.asObservable(),
    state$: state$.asObservable(),
    qoe$: qoe$.asObservable(),
    get state() {
      return timeline$.value.machine.state;
    },
    get timeline() {
      return timeline$.value;
    },
    get qoe() {
      return qoe$.value;
    },
    get engine() {
      return session?.timeline().engine ?? null;
    },
    get limits() {
      return limits;
    },
    load(src, loadOptions) {
      const own = load(src, loadOptions);
      loading = own;
      // `play()` waits for it too; the caller of `load()` hears of the failure.
      own.catch(() => {});
      return own;
    },
    play,
    pause: () => media.pause(),
    seek(position) {
      if (session === null) throw new PlayerError('INPUT_INVALID', 'seek() needs a source: call load() first');
      if (!(Number.isFinite(position) && position >= 0))
        throw new RangeError(`position must be >= 0 s, got ${position}`);
      media.currentTime = position;
    },
    seekToLive() {
      const live = session?.engine()?.live();
      if (live) media.currentTime = live.edge;
    },
    get liveLatency() {
      return session?.engine()?.live()?.latency ?? null;
    },
    get volume() {
      return media.volume;
    },
    set volume(volume) {
      if (!(volume >= 0 && volume <= 1)) throw new RangeError(`volume must be within 0…1, got ${volume}`);
      media.volume = volume;
    },
    get muted() {
      return media.muted;
    },
    set muted(muted) {
      media.muted = muted;
    },
    get rate() {
      return media.playbackRate;
    },
    set rate(rate) {
      if (!(rate > 0 && rate <= 16)) throw new RangeError(`rate must be over 0 and at most 16, got ${rate}`);
      media.playbackRate = rate;
    },
    get renditions() {
      return session?.manifest?.ladder ?? [];
    },
    get rendition() {
      return timeline$.value.rendition;
    },
    get selectedRendition() {
      return timeline$.value.selected;
    },
    selectRendition(index, { replaceBuffer = true } = {}) {
      const count = session?.manifest?.ladder.length ?? 0;
      if (count === 0 && index !== null) {
        throw new PlayerError('INPUT_INVALID', 'there are no renditions yet: load() a source first');
      }
      if (index !== null && !(Number.isInteger(index) && index >= 0 && index < count)) {
        throw new RangeError(`index must be null or within 0…${count - 1}, got ${index}`);
      }
      session?.tell({ type: 'selection', index });
      session?.engine()?.reconsider({ replaceBuffer: replaceBuffer && index !== null });
    },
    capRendition(wanted) {
      must(wanted === null || isLimit(wanted), 'limit', 'null, { height }, { bitrate } or { index }', wanted);
      limit = wanted;
      applyLimit();
    },
    get audioTracks() {
      return session?.manifest?.audioTracks ?? [];
    },
    get audioTrack() {
      return audioTrack;
    },
    selectAudioTrack(id) {
      const tracks = session?.manifest?.audioTracks ?? [];
      checkTrack(id, tracks);
      session?.engine()?.selectAudioTrack(id);
    },
    get textTracks() {
      return session?.manifest?.textTracks ?? [];
    },
    get textTrack() {
      return textTrack;
    },
    selectTextTrack(id) {
      if (id !== null) checkTrack(id, session?.manifest?.textTracks ?? []);
      session?.engine()?.selectTextTrack(id);
    },
    get throughput() {
      return session?.controller.throughput() ?? null;
    },
    get events() {
      return session?.log.events ?? [];
    },
    exportSession: () => toNdjson(session?.log.events ?? []),
    destroy() {
      destroyed ??= end();
      return destroyed;
    },
  };
}

function checkTrack(id: string, tracks: readonly { readonly id: string }[]): void {
  if (tracks.some((track) => track.id === id)) return;
  throw new RangeError(
    `id must be one of ${tracks.map((track) => `"${track.id}"`).join(', ') || 'no tracks'}, got "${id}"`,
  );
}
