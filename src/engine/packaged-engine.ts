import { PlayerError } from '../media/player-error.ts';
import type { EngineFactory } from './engine.ts';

/** Whether the browser lets a page feed media itself. */
export const hasMediaSource = (): boolean => 'MediaSource' in globalThis || 'ManagedMediaSource' in globalThis;

/**
 * An engine whose code needs a package that the app may not have installed.
 *
 * @throws PlayerError ENGINE_UNAVAILABLE when it could not be loaded
 */
export async function packagedEngine(name: string, load: () => Promise<EngineFactory>): Promise<EngineFactory> {
  try {
    return await load();
  } catch (cause) {
    const message = `${name} could not be loaded: install the package "${name}", or name another engine`;
    throw new PlayerError('ENGINE_UNAVAILABLE', message, { fatal: true, cause });
  }
}
