import type { EngineLoader } from '../engine.ts';
import { hasMediaSource, packagedEngine } from '../packaged-engine.ts';

/** hls.js, wherever there are Media Source Extensions. */
export const hls: EngineLoader = {
  name: 'hls',
  limits: ['plays HLS only', 'licence requests of DRM are made by hls.js itself'],
  canPlay: (src, mimeType) =>
    hasMediaSource() && (mimeType === null ? !/\.mpd($|\?|#)/i.test(src) : /mpegurl/i.test(mimeType)),
  load: () => packagedEngine('hls.js', async () => (await import('./hls-engine.ts')).createHlsEngine),
};
