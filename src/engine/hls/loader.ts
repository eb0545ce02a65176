import { PlayerError } from '../../media/player-error.ts';
import type { EngineLoader } from '../engine.ts';

/** hls.js, wherever there are Media Source Extensions. */
export const hls: EngineLoader = {
  name: 'hls',
  limits: ['plays HLS only', 'licence requests of DRM are made by hls.js itself'],
  canPlay: (src, mimeType) =>
    ('MediaSource' in globalThis || 'ManagedMediaSource' in globalThis) &&
    (mimeType === null ? !/\.mpd($|\?|#)/i.test(src) : /mpegurl/i.test(mimeType)),
  async load() {
    try {
      return (await import('./hls-engine.ts')).createHlsEngine;
    } catch (cause) {
      throw new PlayerError('ENGINE_UNAVAILABLE', 'hls.js could not be loaded: is the package "hls.js" installed?', {
        fatal: true,
        cause,
      });
    }
  },
};
