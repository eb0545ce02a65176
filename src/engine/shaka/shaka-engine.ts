import type shaka from 'shaka-player/dist/shaka-player.compiled-es2021.js';
import { PlayerError } from '../../media/player-error.ts';
import { isRetryable } from '../../net/retry.ts';
import { abandonWatch } from '../abandon-watch.ts';
import type { Engine, EngineDeps, EngineFactory } from '../engine.ts';
import { factWriter } from '../fact-writer.ts';
import { playbackPhase } from '../playback-phase.ts';
import { type Appended, bufferFacts } from './buffer-facts.ts';
import { keepPlaying } from './keep-playing.ts';
import { loadPresentation, unlessAborted } from './load-presentation.ts';
import { pictureFlow } from './picture.ts';
import { presentation } from './presentation.ts';
import { abrQuestions } from './questions.ts';
import { segmentReference } from './segment-facts.ts';
import { segmentSupply } from './segment-supply.ts';
import { shakaConfig } from './shaka-config.ts';
import { createShakaPlayer, errorName, routeRequests } from './shaka-page.ts';
import type { ShakaRequest } from './shaka-request.ts';
import { audioTrackId } from './tracks.ts';
import { transport } from './transport.ts';
import { trouble } from './trouble.ts';
import { variantChooser } from './variant-chooser.ts';

/** bits/s told to shaka's statistics before anything was measured. */
const UNKNOWN_THROUGHPUT = 1e6;
/** s of buffer kept for sure when what lies ahead is replaced: an append takes a moment. */
const LEAST_MARGIN = 1;
/** s of sound kept when another is chosen: soon heard, and no gap where a segment comes quickly. */
const AUDIO_MARGIN = 1.5;
/** s for which a rung whose playlist failed at the start is left out: shaka's own measure (`streaming.maxDisabledTime`). */
const AVOIDED = 30;

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
  const stream = presentation(player, media);
  const phase = playbackPhase(media, stream.bufferLevel);
  const kept = keepPlaying(media);
  const listening = new AbortController();
  let throughput: number | null = null;
  let parsed = false;
  let loading = false;
  /** Playback cannot go on: nothing more is fetched. Shaka has no word for that, so its requests are left waiting. */
  let over = false;
  let cancelAvoiding = (): void => {};
  let told: { readonly audio: string | null; readonly text: string | null } = { audio: null, text: null };
  let destroyed: Promise<void> | null = null;

  const decide: EngineDeps['decide'] = (input) => {
    const choice = deps.decide(input);
    throughput = choice.fact.inputs.throughput;
    return choice;
  };

  const chooser = variantChooser({
    choose(candidates) {
      const before = chooser.selected;
      const { index } = decide(questions.upcoming(candidates, flow.current));
      if (before !== null) problems.avoided(before, index);
      return index;
    },
    replaced: (index) => problems.avoided(index, index),
    throughput: () => throughput ?? UNKNOWN_THROUGHPUT,
  });
  const questions = abrQuestions({ media, settings, phase, stream, chooser });

  const isPicture = ({ kind, stream: own }: ShakaRequest): boolean =>
    kind === 'segment' && own?.type === stream.pictureType();
  const flow = pictureFlow({
    clock,
    facts,
    chooser,
    watch: abandonWatch(clock, deps.abandon),
    isPicture,
    decide,
    input: questions.about,
  });

  const supply = segmentSupply({
    clock,
    facts,
    hasAlternatives: (request) => isPicture(request) && chooser.candidates().length > 1,
    reopen() {
      chooser.forgive();
      // Shaka enables again what it disabled for a time when its ABR is switched off.
      player.configure({ abr: { enabled: false } });
      player.configure({ abr: { enabled: true } });
    },
  });
  const buffer = bufferFacts(media, stream, facts);

  const { route, failureBehind } = transport({
    http: deps.http,
    clock,
    refer: (own, segment) =>
      segmentReference(own, segment, own.type === stream.pictureType() ? chooser.indexOf(own) : null),
    async admit(request, signal) {
      if (over) await abortOf(signal);
      await flow.admit(request, signal);
    },
    sent: flow.sent,
    over: flow.over,
    received(request, response) {
      stream.indexed(request.stream);
      supply.arrived(request, response);
      if (isPicture(request)) {
        const rung = request.reference?.rendition ?? null;
        if (rung !== null) chooser.arrived(rung);
        chooser.keepToKnown(false);
      }
      buffer.received(request, response);
    },
    failed(request, failure) {
      stream.indexed(request.stream);
      // Another rung needs its playlist first: nothing to be had from a network that is gone.
      if (isRetryable(failure)) chooser.keepToKnown(true);
      problems.requestFailed(request.kind, failure);
      return supply.failed(request, failure);
    },
  });

  const problems = trouble({
    clock,
    facts,
    failureBehind,
    nameOf: errorName,
    parsed: () => parsed,
    // Once shaka streams, `load()` does not reject with what happens to the streams, even if it has not resolved yet.
    loading: () => loading && !player.isFullyLoaded(),
    textUnindexed: stream.textUnindexed,
    retry: () => player.retryStreaming(0),
    failed() {
      over = true;
    },
    dropText: () => player.selectTextTrack(null),
    appendFailed: supply.appendFailed,
  });

  const tellTracks = (): void => {
    const now = { audio: stream.audioTrack(), text: stream.textTrack() };
    if (now.audio !== told.audio) facts.tell({ type: 'audioTrackChange', id: now.audio });
    if (now.text !== told.text) facts.tell({ type: 'textTrackChange', id: now.text });
    told = now;
  };

  const on = (type: string, listener: (event: shaka.util.FakeEvent) => void): void => {
    const heard = listener as unknown as (event: Event) => void;
    player.addEventListener(type, heard);
    listening.signal.addEventListener('abort', () => player.removeEventListener(type, heard));
  };

  const listen = (): void => {
    on('manifestparsed', () => {
      parsed = true;
    });
    // The first media playlist is there, so it is known what is live and how long it is; no segment was asked for yet.
    on('canupdatestarttime', () => {
      const streams = chooser.ladder.map((_, index) => chooser.streamOf(index));
      facts.tell(
        stream.known(
          chooser.ladder,
          streams.filter((own) => own !== null),
        ),
      );
    });
    on('onstatechange', (event) => {
      if ((event as unknown as { state: string }).state === 'media-source') kept.attaching();
    });
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
    await loadPresentation(player, { src, startPosition: settings.startPosition, chooser }, failureBehind);
    cancelAvoiding = clock.after(AVOIDED, () => chooser.avoid(null));
  };

  const load = async (src: string, signal: AbortSignal): Promise<void> => {
    // Destroying the engine ends a load as the caller's signal does: shaka leaves its promise open.
    const ending = AbortSignal.any([signal, listening.signal]);
    if (ending.aborted) throw new PlayerError('ABORTED', 'load() was aborted', { cause: ending.reason });
    loading = true;
    try {
      await unlessAborted(start(src), ending);
      tellTracks();
    } catch (error) {
      if (!ending.aborted) throw problems.loadFailed(error);
      if (destroyed === null) player.unload(false).catch(() => {});
      throw error;
    } finally {
      loading = false;
    }
  };

  /** s of buffer that plays while the replacement for what follows is fetched. */
  const margin = (index: number): number => {
    const duration = stream.segmentDuration ?? 0;
    const bits = (chooser.ladder[index]?.bitrate ?? 0) * duration;
    const fetching = throughput === null ? duration : bits / throughput;
    return Math.min(LEAST_MARGIN + fetching, Math.max(stream.bufferLevel(), LEAST_MARGIN));
  };

  const reconsider: Engine['reconsider'] = ({ replaceBuffer }) => {
    if (facts.closed || loading || chooser.ladder.length === 0) return;
    flow.hurry();
    if (!replaceBuffer) return;
    const { index } = decide(questions.upcoming(chooser.candidates(), flow.current));
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
        for (const part of [flow, phase, buffer, problems, supply]) part.stop();
        kept.stop();
        cancelAvoiding();
        try {
          await player.destroy();
        } finally {
          unroute();
        }
      })();
      return destroyed;
    },
  };
};
