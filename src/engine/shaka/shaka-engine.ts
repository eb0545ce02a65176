import type shaka from 'shaka-player/dist/shaka-player.compiled-es2021.js';
import type { AbrInput } from '../../abr/strategy.ts';
import { PlayerError } from '../../media/player-error.ts';
import { abandonWatch } from '../abandon-watch.ts';
import type { Engine, EngineDeps, EngineFactory } from '../engine.ts';
import { factWriter } from '../fact-writer.ts';
import { playbackPhase } from '../playback-phase.ts';
import { type Appended, bufferFacts } from './buffer-facts.ts';
import { pictureFlow } from './picture.ts';
import { presentation } from './presentation.ts';
import { segmentReference, sizeAt, wantedSegment } from './segment-facts.ts';
import { shakaConfig } from './shaka-config.ts';
import { createShakaPlayer, routeRequests } from './shaka-page.ts';
import { audioTrackId } from './tracks.ts';
import { type ShakaRequest, transport } from './transport.ts';
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
/** What a subtitle segment that cannot be had is replaced with, so that the ones after it are still shown. */
const NO_SUBTITLES = 'WEBVTT\n\n';

/** Shaka trusts the name over the server's Content-Type, so a wrong one does no harm. */
const mimeTypeOf = (src: string): string | undefined => {
  if (/\.m3u8($|\?|#)/i.test(src)) return 'application/x-mpegurl';
  return /\.mpd($|\?|#)/i.test(src) ? 'application/dash+xml' : undefined;
};

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
  /** Ids of text streams of which segments were asked for, so their playlists are there. */
  const textStreams = new Set<string>();
  let told: { audio: string | null; text: string | null } = { audio: null, text: null };
  let destroyed: Promise<void> | null = null;

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

  const flow = pictureFlow({
    clock,
    facts,
    chooser,
    watch: abandonWatch(clock, deps.abandon),
    isPicture: ({ kind, stream: own }) => kind === 'segment' && own?.type === stream.pictureType(),
    decide,
    input: requestInput,
  });

  const buffer = bufferFacts(media, stream, facts);

  const { route, failureBehind } = transport({
    http: deps.http,
    clock,
    refer(own, segment) {
      if (own.type === 'text') textStreams.add(String(own.id));
      return segmentReference(own, segment, own.type === stream.pictureType() ? chooser.indexOf(own) : null);
    },
    admit: flow.admit,
    sent: flow.sent,
    over: flow.over,
    received: buffer.received,
    failed({ kind, stream: own }, failure) {
      problems.requestFailed(kind, failure);
      return kind === 'subtitle' && own?.mimeType === 'text/vtt' ? new TextEncoder().encode(NO_SUBTITLES).buffer : null;
    },
  });

  const problems = trouble({
    clock,
    facts,
    failureBehind,
    parsed: () => parsed,
    loading: () => loading,
    textUnindexed() {
      const id = stream.textTrack();
      return id !== null && !textStreams.has(id);
    },
    retry: () => player.retryStreaming(0),
    dropText: () => player.selectTextTrack(null),
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

  const start = async (src: string): Promise<void> => {
    listen();
    player.configure(shakaConfig(settings, chooser.createManager));
    player.configure(settings.config);
    await player.attach(media);
    await player.load(src, settings.startPosition, mimeTypeOf(src));
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
        buffer.stop();
        problems.stop();
        await player.destroy();
        unroute();
      })();
      return destroyed;
    },
  };
};
