import type shaka from 'shaka-player/dist/shaka-player.compiled-es2021.js';
import type { AbrInput } from '../../abr/strategy.ts';
import { type ErrorCode, PlayerError } from '../../media/player-error.ts';
import { abandonWatch } from '../abandon-watch.ts';
import { attemptBudget } from '../attempt-budget.ts';
import type { Engine, EngineDeps, EngineFactory } from '../engine.ts';
import { factWriter } from '../fact-writer.ts';
import { playbackPhase } from '../playback-phase.ts';
import { type Appended, bufferFacts } from './buffer-facts.ts';
import { keepPlaying } from './keep-playing.ts';
import { EMPTY_MP4, lostSegments } from './lost-segments.ts';
import { pictureFlow } from './picture.ts';
import { presentation } from './presentation.ts';
import { segmentReference, sizeAt, wantedSegment } from './segment-facts.ts';
import { shakaConfig } from './shaka-config.ts';
import { createShakaPlayer, errorName, routeRequests } from './shaka-page.ts';
import { audioTrackId } from './tracks.ts';
import { appendError, type ShakaRequest, transport } from './transport.ts';
import { trouble } from './trouble.ts';
import { variantChooser } from './variant-chooser.ts';
import type { Stream } from './variants.ts';

/** s of a segment before any playlist is known: what HLS authors are told to use. */
const TYPICAL_SEGMENT = 6;
/** bits/s told to shaka's statistics before anything was measured. */
const UNKNOWN_THROUGHPUT = 1e6;
/** s of buffer kept for sure when what lies ahead is replaced: an append takes a moment. */
const LEAST_MARGIN = 1;
/** s of sound kept when another is chosen: soon heard, and no gap where a segment comes quickly. */
const AUDIO_MARGIN = 1.5;
/** Rungs that are tried at the start before the presentation is given up. */
const FIRST_RUNGS = 3;
/** s for which a rung that failed is left out: shaka's own measure (`streaming.maxDisabledTime`). */
const DISABLED = 30;
/** Rebuilding the buffer after a segment without effect: more often, and it is not the segments. */
const REBUILDS = { limit: 3, window: 60 };
/** What a subtitle segment that cannot be had is replaced with, so that the ones after it are still shown. */
const NO_SUBTITLES = 'WEBVTT\n\n';

/** Shaka trusts the name over the server's Content-Type, so a wrong one does no harm. */
const mimeTypeOf = (src: string): string | undefined => {
  if (/\.m3u8($|\?|#)/i.test(src)) return 'application/x-mpegurl';
  return /\.mpd($|\?|#)/i.test(src) ? 'application/dash+xml' : undefined;
};

/** Rejects when the signal fires, and not before. */
const abortOf = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

/** Plays through shaka-player: its ABR replaced by ours, its requests sent through our pipeline. */
export const createShakaEngine: EngineFactory = (deps: EngineDeps): Engine => {
  const { media, clock, settings } = deps;
  const facts = factWriter(clock, deps.report);
  const player = createShakaPlayer();
  const listening = new AbortController();
  const stream = presentation(player, media);
  const phase = playbackPhase(media, stream.bufferLevel);
  let throughput: number | null = null;
  let parsed = false;
  let loading = false;
  /** Playback cannot go on: nothing more is fetched. Shaka has no word for that, so its requests are left waiting. */
  let over = false;
  /** Ids of text streams of which segments were asked for, so their playlists are there. */
  const textStreams = new Set<string>();
  let told: { audio: string | null; text: string | null } = { audio: null, text: null };
  let destroyed: Promise<void> | null = null;
  /** Why what was appended last spoils the buffer; null if it does not. */
  let spoiled: string | null = null;
  const rebuilds = attemptBudget(clock, REBUILDS.limit, REBUILDS.window);
  let cancelReopen = (): void => {};
  let cancelAvoiding = (): void => {};

  const decide: EngineDeps['decide'] = (input) => {
    const choice = deps.decide(input);
    throughput = choice.fact.inputs.throughput;
    return choice;
  };

  const input = (segment: AbrInput['segment'], candidates: readonly number[], current: number | null): AbrInput => {
    const live = stream.live();
    return {
      ladder: chooser.ladder,
      candidates,
      current,
      segment,
      bufferLevel: stream.bufferLevel(),
      bufferTarget: settings.bufferTarget,
      position: media.currentTime,
      playbackRate: media.playbackRate,
      phase: phase.phase,
      live: live === null ? null : { latency: live.latency, target: live.target },
    };
  };

  /** The segment after what is buffered, when none is being asked for. */
  const upcoming = (): AbrInput['segment'] => {
    const start = parsed ? media.currentTime + stream.bufferLevel() : (settings.startPosition ?? 0);
    const duration = stream.segmentDuration ?? TYPICAL_SEGMENT;
    return { number: null, start, duration, sizes: null, remaining: null };
  };

  const chooser = variantChooser({
    choose(candidates) {
      const before = chooser.selected;
      const { index } = decide(input(upcoming(), candidates, flow.current));
      if (before !== null) problems.avoided(before, index);
      return index;
    },
    throughput: () => throughput ?? UNKNOWN_THROUGHPUT,
  });

  const rungStreams = (): readonly (Stream | null)[] => chooser.ladder.map((_, index) => chooser.streamOf(index));

  const requestInput = ({ stream: own, segment }: ShakaRequest, current: number | null): AbrInput => {
    if (own === null || segment === null) return input(upcoming(), chooser.candidates(), current);
    const middle = (segment.getStartTime() + segment.getEndTime()) / 2;
    const sizes = rungStreams().map((other) => (other === null ? null : sizeAt(other, middle)));
    return input(wantedSegment(own, segment, sizes, stream.live() !== null), chooser.candidates(), current);
  };

  const isPicture = ({ kind, stream: own }: ShakaRequest): boolean =>
    kind === 'segment' && own?.type === stream.pictureType();

  const flow = pictureFlow({
    clock,
    facts,
    chooser,
    watch: abandonWatch(clock, deps.abandon),
    isPicture,
    decide,
    input: requestInput,
  });

  const buffer = bufferFacts(media, stream, facts, {
    spoiled(start) {
      if (rebuilds.take() !== null) spoiled = `the segment at ${start} s holds no media`;
    },
  });
  const lost = lostSegments(clock);

  const { route, failureBehind } = transport({
    http: deps.http,
    clock,
    refer(own, segment) {
      if (own.type === 'text' && segment !== null) textStreams.add(String(own.id));
      return segmentReference(own, segment, own.type === stream.pictureType() ? chooser.indexOf(own) : null);
    },
    async admit(request, signal) {
      if (over) await abortOf(signal);
      if (spoiled !== null && isPicture(request)) {
        const error = appendError(spoiled);
        spoiled = null;
        throw error;
      }
      await flow.admit(request, signal);
    },
    sent: flow.sent,
    over: flow.over,
    instead(request) {
      if (request.kind !== 'segment' || !lost.isBroken(request)) return null;
      leftOut('MEDIA_APPEND_FAILED', request);
      return EMPTY_MP4;
    },
    received(request, response, uri) {
      if (request.kind === 'segment') lost.arrived(request, uri);
      buffer.received(request, response);
    },
    failed(request, failure) {
      const { kind, stream: own } = request;
      problems.requestFailed(kind, failure);
      if (kind === 'subtitle' && own?.mimeType === 'text/vtt') {
        facts.tell({ type: 'recovery', code: 'TEXT_FAILED', action: 'goes on without these subtitles' });
        return new TextEncoder().encode(NO_SUBTITLES).buffer;
      }
      if (kind !== 'segment' && kind !== 'init') return 'elsewhere';
      const alternatives = own?.type === stream.pictureType() && chooser.candidates().length > 1;
      const fate = lost.judge(request, failure, alternatives);
      if (fate !== 'leaveOut') return fate;
      leftOut('SEGMENT_LOAD_FAILED', request);
      return EMPTY_MP4;
    },
  });

  /** Shaka disables a rung it could not append for good, which a single segment is no reason for. */
  const reopen = (delay: number): void => {
    cancelReopen();
    cancelReopen = clock.after(delay, () => {
      chooser.forgive();
      // Shaka enables again what it disabled for a time when its ABR is switched off.
      player.configure({ abr: { enabled: false } });
      player.configure({ abr: { enabled: true } });
    });
  };

  /** A segment that is nowhere to be had was no fault of the streams that were disabled for it. */
  const leftOut = (code: ErrorCode, { stream: own }: ShakaRequest): void => {
    facts.tell({ type: 'recovery', code, action: `leaves a segment out (${own?.type})` });
    reopen(0);
  };

  const problems = trouble({
    clock,
    facts,
    failureBehind,
    nameOf: errorName,
    parsed: () => parsed,
    loading: () => loading,
    textUnindexed() {
      const id = stream.textTrack();
      return id !== null && !textStreams.has(id);
    },
    retry: () => player.retryStreaming(0),
    failed() {
      over = true;
    },
    dropText: () => player.selectTextTrack(null),
    broken(uri) {
      lost.broken(uri);
      reopen(DISABLED);
    },
  });

  const tellTracks = (): void => {
    const now = { audio: stream.audioTrack(), text: stream.textTrack() };
    if (now.audio !== told.audio) facts.tell({ type: 'audioTrackChange', id: now.audio });
    if (now.text !== told.text) facts.tell({ type: 'textTrackChange', id: now.text });
    told = now;
  };

  const on = (type: string, listener: (event: shaka.util.FakeEvent) => void): void => {
    player.addEventListener(type, listener as unknown as (event: Event) => void);
    listening.signal.addEventListener('abort', () =>
      player.removeEventListener(type, listener as unknown as (event: Event) => void),
    );
  };

  const listen = (): void => {
    on('manifestparsed', () => {
      parsed = true;
    });
    // The first media playlist is there, so it is known what is live and how long it is; no segment was asked for yet.
    on('canupdatestarttime', () =>
      facts.tell(
        stream.known(
          chooser.ladder,
          rungStreams().filter((own) => own !== null),
        ),
      ),
    );
    on('segmentappended', (event) => buffer.appended(event as unknown as Appended));
    on('error', (event) => {
      if (problems.shakaReported((event as unknown as { detail: unknown }).detail)) event.preventDefault();
    });
    for (const type of ['adaptation', 'variantchanged', 'audiotrackschanged', 'textchanged', 'trackschanged']) {
      on(type, tellTracks);
    }
    on('stalldetected', () => facts.tell({ type: 'recovery', code: 'MEDIA_STUCK', action: 'skips ahead a little' }));
    on('gapjumped', () => facts.tell({ type: 'recovery', code: 'MEDIA_STUCK', action: 'skips a gap' }));
  };

  const unroute = routeRequests(player, route);
  const stopKeeping = keepPlaying(media);

  /** Shaka gives a whole presentation up when the first playlist fails, so it is loaded again from another rung. */
  const loadFrom = async (src: string, attempts: number): Promise<void> => {
    try {
      await player.load(src, settings.startPosition, mimeTypeOf(src));
      cancelAvoiding = clock.after(DISABLED, () => chooser.avoid(null));
    } catch (error) {
      const { selected } = chooser;
      const others = chooser.candidates().some((index) => index !== selected);
      if (failureBehind(error)?.kind !== 'playlist' || selected === null || !others || attempts <= 1) throw error;
      chooser.avoid(selected);
      await loadFrom(src, attempts - 1);
    }
  };

  const start = async (src: string): Promise<void> => {
    listen();
    player.configure(shakaConfig(settings, chooser.createManager));
    player.configure(settings.config);
    await player.attach(media);
    await loadFrom(src, FIRST_RUNGS);
  };

  /** Rejects when the signal fires, whatever shaka does then. */
  const untilAborted = (signal: AbortSignal): { readonly aborted: Promise<never>; readonly stop: () => void } => {
    let onAbort = (): void => {};
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => reject(new PlayerError('ABORTED', 'load() was aborted', { cause: signal.reason }));
      signal.addEventListener('abort', onAbort, { once: true });
    });
    aborted.catch(() => {});
    return { aborted, stop: () => signal.removeEventListener('abort', onAbort) };
  };

  const load = async (src: string, signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    const { aborted, stop } = untilAborted(signal);
    loading = true;
    const started = start(src);
    try {
      await Promise.race([started, aborted]);
      tellTracks();
    } catch (error) {
      if (!signal.aborted) throw problems.loadFailed(error);
      started.catch(() => {});
      if (destroyed === null) player.unload(false).catch(() => {});
      throw error;
    } finally {
      loading = false;
      stop();
    }
  };

  /** s of buffer that plays while the replacement for what follows is fetched. */
  const margin = (index: number): number => {
    const { duration } = upcoming();
    const bits = (chooser.ladder[index]?.bitrate ?? 0) * duration;
    const fetching = throughput === null ? duration : bits / throughput;
    return Math.min(LEAST_MARGIN + fetching, Math.max(stream.bufferLevel(), LEAST_MARGIN));
  };

  const reconsider: Engine['reconsider'] = ({ replaceBuffer }) => {
    if (facts.closed || loading || chooser.ladder.length === 0) return;
    flow.hurry();
    if (!replaceBuffer) return;
    const { index } = decide(input(upcoming(), chooser.candidates(), flow.current));
    if (index === chooser.selected && !buffer.othersAhead(index)) return;
    chooser.replaceFrom(index, margin(index));
  };

  return {
    load,
    reconsider,
    selectAudioTrack(id) {
      const found = player.getAudioTracks().find((track) => audioTrackId(track) === id);
      if (found && !found.active) player.selectAudioTrack(found, AUDIO_MARGIN);
    },
    selectTextTrack(id) {
      player.selectTextTrack(player.getTextTracks().find((track) => String(track.id) === id) ?? null);
    },
    live() {
      const live = stream.live();
      return live === null ? null : { latency: live.latency, edge: live.edge };
    },
    bufferLevel: stream.bufferLevel,
    destroy() {
      destroyed ??= (async () => {
        facts.close();
        listening.abort();
        flow.stop();
        phase.stop();
        stopKeeping();
        buffer.stop();
        problems.stop();
        cancelReopen();
        cancelAvoiding();
        await player.destroy();
        unroute();
      })();
      return destroyed;
    },
  };
};
