import type shaka from 'shaka-player/dist/shaka-player.compiled-es2021.js';
import type { EngineSettings } from '../engine.ts';

/**
 * The pipeline under shaka retries and times out by itself, so shaka does neither. `baseDelay` (ms) only paces how fast shaka moves
 * from one failing stream to the next.
 */
const ONE_ATTEMPT = {
  maxAttempts: 1,
  baseDelay: 50,
  backoffFactor: 2,
  fuzzFactor: 0.5,
  timeout: 0,
  stallTimeout: 0,
  connectionTimeout: 0,
};

const language = (tag: string | null): readonly { readonly language: string }[] =>
  tag === null ? [] : [{ language: tag }];

/** Shaka's configuration for our settings; `config` of the settings is laid over it by the caller. */
export function shakaConfig(settings: EngineSettings, createManager: () => shaka.extern.AbrManager): object {
  const { bufferTarget, backBuffer, audioLanguage, textLanguage } = settings;
  return {
    abrFactory: createManager,
    abr: {
      enabled: true,
      useNetworkInformation: false,
      // Caps are the player's; shaka would cap at 360 lines where the browser saves data.
      restrictions: { maxHeight: Number.POSITIVE_INFINITY },
    },
    streaming: {
      bufferingGoal: bufferTarget,
      // 0: the element says when it waits; otherwise shaka would stop it by a playback rate of 0.
      rebufferingGoal: 0,
      bufferBehind: backBuffer,
      retryParameters: ONE_ATTEMPT,
      // One segment ahead of none: the initialization segment and the segment it is for are fetched side by side.
      segmentPrefetchLimit: 1,
      // Parts of segments come and go faster than decisions about them make sense.
      lowLatencyMode: false,
    },
    manifest: { retryParameters: ONE_ATTEMPT },
    drm: { retryParameters: ONE_ATTEMPT },
    cmcd: { enabled: false },
    cmsd: { enabled: false },
    ...(audioLanguage === null ? {} : { preferredAudio: language(audioLanguage) }),
    preferredText: language(textLanguage),
  };
}
