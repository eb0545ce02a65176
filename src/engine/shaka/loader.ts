import { PlayerError } from '../../media/player-error.ts';
import type { EngineLoader } from '../engine.ts';

/** Names and types of single media files, which shaka would hand to the element as they are. */
const FILE = /\.(mp4|m4v|m4a|mov|webm|mkv|mp3|aac|ogg|ogv|oga|wav|flac)($|\?|#)/i;

/** shaka-player (HLS and DASH), wherever there are Media Source Extensions. */
export const shaka: EngineLoader = {
  name: 'shaka',
  limits: ['low-latency streams are played as ordinary live ones'],
  canPlay: (src, mimeType) =>
    ('MediaSource' in globalThis || 'ManagedMediaSource' in globalThis) &&
    (mimeType === null ? !FILE.test(src) : /mpegurl|dash\+xml/i.test(mimeType)),
  async load() {
    try {
      return (await import('./shaka-engine.ts')).createShakaEngine;
    } catch (cause) {
      throw new PlayerError(
        'ENGINE_UNAVAILABLE',
        'shaka-player could not be loaded: is the package "shaka-player" installed?',
        {
          fatal: true,
          cause,
        },
      );
    }
  },
};
