import { PlayerError } from '../../media/player-error.ts';
import type { EngineLoader } from '../engine.ts';

/** shaka-player, wherever there are Media Source Extensions. */
export const shaka: EngineLoader = {
  name: 'shaka',
  limits: [],
  canPlay: () => 'MediaSource' in globalThis || 'ManagedMediaSource' in globalThis,
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
