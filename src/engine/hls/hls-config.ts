import type { HlsConfig, LoadPolicy } from 'hls.js';
import type { EngineSettings } from '../engine.ts';

/** hls.js turns a controller off where it is undefined, which its types do not say. */
type Config = { [K in keyof HlsConfig]?: HlsConfig[K] | undefined };

/** s for which a level that failed is left out of the choice. */
const PENALTY = 30;

/**
 * No retries: the pipeline has retried already when hls.js hears of a failure. A policy with 0 retries, not none at all, because
 * only then does hls.js skip segments that are missing in every level of a live stream.
 */
const once = (maxTimeToFirstByteMs: number): LoadPolicy => ({
  default: {
    maxTimeToFirstByteMs,
    maxLoadTimeMs: Number.POSITIVE_INFINITY,
    errorRetry: { maxNumRetry: 0, retryDelayMs: 0, maxRetryDelayMs: 0 },
    timeoutRetry: { maxNumRetry: 0, retryDelayMs: 0, maxRetryDelayMs: 0 },
  },
});

/**
 * hls.js's configuration for one session. `settings.config` is merged over it, except for what the engine stands on: its loader
 * and its chooser of levels.
 *
 * - The buffer target is the target: without `maxBufferSize: 0` hls.js buffers up to 600 s of low renditions.
 * - Caps are the player's, CMCD is the pipeline's, so hls.js's controllers for them are left out; so are interstitials and
 *   I-frame players, which would make more Hls instances behind the player's back.
 * - `enableWorker` stays on, but hls.js's ES module has no worker inside: transmuxing (MPEG-TS) then runs on the main thread,
 *   fMP4 needs next to none. Who has TS streams serves `hls.js/dist/hls.worker.js` and names it with `config: { workerPath }`.
 * - Live: hls.js starts at the playlist's hold-back and only jumps when the position has left the window, so that a viewer may
 *   stay behind; catching up is not the engine's.
 */
export function hlsConfig(
  settings: EngineSettings,
  own: Pick<HlsConfig, 'loader' | 'abrController'>,
): Partial<HlsConfig> {
  const { bufferTarget, backBuffer, startPosition, audioLanguage, textLanguage, config } = settings;
  const merged: Config = {
    enableWorker: true,
    startPosition: startPosition ?? -1,
    maxBufferSize: 0,
    maxBufferLength: bufferTarget,
    maxMaxBufferLength: bufferTarget,
    backBufferLength: backBuffer,
    testBandwidth: false,
    errorPenaltyExpireMs: PENALTY * 1000,
    capLevelToPlayerSize: false,
    capLevelOnFPSDrop: false,
    capLevelController: undefined,
    fpsController: undefined,
    cmcdController: undefined,
    interstitialsController: undefined,
    enableInterstitialPlayback: false,
    iframeController: undefined,
    lowLatencyMode: true,
    liveDurationInfinity: true,
    maxLiveSyncPlaybackRate: 1,
    renderTextTracksNatively: true,
    manifestLoadPolicy: once(10_000),
    playlistLoadPolicy: once(10_000),
    fragLoadPolicy: once(10_000),
    keyLoadPolicy: once(10_000),
    steeringManifestLoadPolicy: once(10_000),
    ...(audioLanguage === null ? {} : { audioPreference: { lang: audioLanguage } }),
    ...(textLanguage === null ? {} : { subtitlePreference: { lang: textLanguage } }),
    ...(config as Config),
    progressive: false,
    pLoader: undefined,
    fLoader: undefined,
    ...own,
  };
  return merged as Partial<HlsConfig>;
}
