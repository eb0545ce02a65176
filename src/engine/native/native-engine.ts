import { errorFact } from '../../media/error-fact.ts';
import type { ManifestFact } from '../../media/playback-event.ts';
import { PlayerError } from '../../media/player-error.ts';
import { type HttpHandler, httpRequest } from '../../net/http.ts';
import type { Engine, EngineDeps, EngineFactory } from '../engine.ts';
import { factWriter } from '../fact-writer.ts';
import { openingFailure, type Probe, playbackFailure } from './media-failure.ts';
import { audioTracksOf, inLanguage, toAudioTracks, toTextTracks, trackId } from './native-tracks.ts';

/** s of media from the playhead on without a gap. */
function bufferAhead({ buffered, currentTime }: HTMLMediaElement): number {
  for (let i = 0; i < buffered.length; i += 1) {
    if (buffered.start(i) <= currentTime + 0.1 && buffered.end(i) > currentTime) return buffered.end(i) - currentTime;
  }
  return 0;
}

/** Where the browser lets one seek to at most, s; null if nowhere. */
const seekableEnd = ({ seekable }: HTMLMediaElement): number | null =>
  seekable.length === 0 ? null : seekable.end(seekable.length - 1);

async function probe(src: string, http: HttpHandler, signal: AbortSignal): Promise<Probe> {
  try {
    const { body } = await http(httpRequest(new URL(src, document.baseURI).href, 'manifest'), signal);
    return { body: new TextDecoder().decode(body) };
  } catch (failure) {
    return { failure };
  }
}

/**
 * Plays with what the browser has built in. It offers no look into its ladder, its requests and its choices, so there are no
 * facts about them: the ladder is empty and no rendition is ever told to be on screen. See the loader's `limits`.
 */
export const createNativeEngine: EngineFactory = (deps: EngineDeps): Engine => {
  const { media, clock, settings } = deps;
  const facts = factWriter(clock, deps.report);
  const listening = new AbortController();
  const preload = media.preload;
  let opened = false;
  let told: { audio: string | null; text: string | null } = { audio: null, text: null };

  const isLive = (): boolean => media.duration === Number.POSITIVE_INFINITY;

  const manifestFact = (): ManifestFact => ({
    type: 'manifest',
    presentation: isLive() ? 'live' : 'vod',
    duration: isLive() ? null : media.duration,
    ladder: [],
    segmentDuration: null,
    targetLatency: null,
    audioTracks: toAudioTracks(audioTracksOf(media) ?? []),
    textTracks: toTextTracks(media.textTracks),
  });

  const tellTracks = (): void => {
    const sounds = Array.from(audioTracksOf(media) ?? []);
    const texts = Array.from(media.textTracks);
    const idOf = <T extends { id: string; label: string; language: string; kind: string }>(
      tracks: readonly T[],
      chosen: (track: T) => boolean,
    ): string | null => {
      const index = tracks.findIndex(chosen);
      const track = tracks[index];
      return track === undefined ? null : trackId(track, index);
    };
    const now = {
      audio: idOf(sounds, ({ enabled }) => enabled),
      text: idOf(texts, ({ mode }) => mode === 'showing'),
    };
    if (now.audio !== told.audio) facts.tell({ type: 'audioTrackChange', id: now.audio });
    if (now.text !== told.text) facts.tell({ type: 'textTrackChange', id: now.text });
    told = now;
  };

  const selectAudioTrack = (id: string): void => {
    for (const [index, track] of Array.from(audioTracksOf(media) ?? []).entries()) {
      track.enabled = trackId(track, index) === id;
    }
    tellTracks();
  };

  const selectTextTrack = (id: string | null): void => {
    for (const [index, track] of Array.from(media.textTracks).entries()) {
      if (track.kind === 'subtitles' || track.kind === 'captions') {
        track.mode = trackId(track, index) === id ? 'showing' : 'disabled';
      }
    }
    tellTracks();
  };

  const onError = (): void => {
    const { error } = media;
    const failure = error === null ? null : playbackFailure(error);
    if (failure === null || !opened) return;
    facts.tell(errorFact(failure));
  };

  const listen = (): void => {
    const { signal } = listening;
    media.addEventListener('error', onError, { signal });
    media.textTracks.addEventListener('change', tellTracks, { signal });
    audioTracksOf(media)?.addEventListener('change', tellTracks, { signal });
  };

  /** Resolves when the browser knows what it is going to play; null if it does, else why not. */
  const opening = (signal: AbortSignal): Promise<MediaError | null> =>
    new Promise((resolve, reject) => {
      const once = new AbortController();
      const end = (finish: () => void): void => {
        once.abort();
        finish();
      };
      const on = { signal: once.signal };
      media.addEventListener('loadedmetadata', () => end(() => resolve(null)), on);
      media.addEventListener('error', () => end(() => resolve(media.error)), on);
      signal.addEventListener('abort', () => end(() => reject(signal.reason)), on);
    });

  const load = async (src: string, signal: AbortSignal): Promise<void> => {
    if (signal.aborted) throw new PlayerError('ABORTED', 'load() was aborted', { cause: signal.reason });
    listen();
    const known = opening(signal);
    // With preload="none" nothing would be known before somebody plays.
    if (media.preload === 'none') media.preload = 'metadata';
    media.src = src;
    media.load();
    const failure = await known;
    if (failure !== null) {
      const error = openingFailure(failure, await probe(src, deps.http, signal));
      if (signal.aborted) throw new PlayerError('ABORTED', 'load() was aborted', { cause: signal.reason });
      throw error;
    }
    opened = true;
    const fact = manifestFact();
    facts.tell(fact);
    const sound = inLanguage(fact.audioTracks, settings.audioLanguage);
    const text = inLanguage(fact.textTracks, settings.textLanguage);
    if (sound !== null) selectAudioTrack(sound.id);
    if (text !== null) selectTextTrack(text.id);
    if (settings.startPosition !== null) media.currentTime = settings.startPosition;
    tellTracks();
  };

  return {
    load,
    reconsider() {},
    selectAudioTrack,
    selectTextTrack,
    live() {
      if (!opened || !isLive()) return null;
      const edge = seekableEnd(media);
      // Chromium gives no seekable range of a live stream: then the edge is not known, and where it is now is all it can play.
      if (edge === null) return { latency: null, edge: media.currentTime };
      return { latency: Math.max(edge - media.currentTime, 0), edge };
    },
    bufferLevel: () => bufferAhead(media),
    destroy() {
      if (facts.closed) return Promise.resolve();
      facts.close();
      listening.abort();
      media.removeAttribute('src');
      media.load();
      media.preload = preload;
      return Promise.resolve();
    },
  };
};
