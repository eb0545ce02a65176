import type { EngineLoader } from '../engine.ts';

/** The browser itself, where it plays the source without Media Source Extensions (HLS: Safari, Chromium from 142). */
export const native: EngineLoader = {
  name: 'native',
  limits: [
    'the browser chooses the rendition: strategies, selection and caps have no effect',
    'what renditions there are and which is on screen is not known: no bitrates, no switches, no score',
    "requests are the browser's own: no request facts, no middleware, no throughput",
    'how much is buffered is up to the browser',
    'audio and text can be chosen only where the browser lists them',
  ],
  canPlay(src, mimeType) {
    if (typeof document === 'undefined') return false;
    const type = mimeType ?? (/\.m3u8($|\?|#)/i.test(src) ? 'application/vnd.apple.mpegurl' : null);
    return type !== null && document.createElement('video').canPlayType(type) !== '';
  },
  load: async () => (await import('./native-engine.ts')).createNativeEngine,
};
