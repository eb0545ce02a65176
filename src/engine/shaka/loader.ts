import type { EngineLoader } from '../engine.ts';
import { hasMediaSource, packagedEngine } from '../packaged-engine.ts';

/** Names and types of single media files, which shaka would hand to the element as they are. */
const FILE = /\.(mp4|m4v|m4a|mov|webm|mkv|mp3|aac|ogg|ogv|oga|wav|flac)($|\?|#)/i;

/** shaka-player (HLS and DASH), wherever there are Media Source Extensions. */
export const shaka: EngineLoader = {
  name: 'shaka',
  limits: ['low-latency streams are played as ordinary live ones'],
  canPlay: (src, mimeType) =>
    hasMediaSource() && (mimeType === null ? !FILE.test(src) : /mpegurl|dash\+xml/i.test(mimeType)),
  load: () => packagedEngine('shaka-player', async () => (await import('./shaka-engine.ts')).createShakaEngine),
};
