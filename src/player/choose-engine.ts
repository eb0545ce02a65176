import type { EngineLoader } from '../engine/engine.ts';
import { hls } from '../engine/hls/loader.ts';
import { native } from '../engine/native/loader.ts';
import { shaka } from '../engine/shaka/loader.ts';
import { PlayerError } from '../media/player-error.ts';
import { redactUrl } from '../media/redact-url.ts';
import type { EngineName } from './player-options.ts';

const ENGINES = { hls, shaka, native } as const;

/**
 * The engine to play a source with.
 *
 * @throws PlayerError ENGINE_UNSUPPORTED when it cannot be played here
 */
export function chooseEngine(engine: EngineName | EngineLoader, src: string, mimeType: string | null): EngineLoader {
  const wanted = engine === 'auto' ? Object.values(ENGINES) : [typeof engine === 'string' ? ENGINES[engine] : engine];
  const able = wanted.find((loader) => loader.canPlay(src, mimeType));
  if (able) return able;
  const tried = wanted.map(({ name }) => name).join(', ');
  const source = `${redactUrl(src)}${mimeType === null ? '' : ` (${mimeType})`}`;
  throw new PlayerError('ENGINE_UNSUPPORTED', `${source} cannot be played here by ${tried}`, { fatal: true });
}
