import type shaka from 'shaka-player/dist/shaka-player.compiled-es2021.js';
import { PlayerError } from '../../media/player-error.ts';
import type { Transport } from './transport.ts';
import type { VariantChooser } from './variant-chooser.ts';

/** Rungs that are tried at the start before the presentation is given up. */
const FIRST_RUNGS = 3;

/** Shaka trusts the name over the server's Content-Type, so a wrong one does no harm; undefined: shaka finds out. */
export function mimeTypeOf(src: string): string | undefined {
  if (/\.m3u8($|\?|#)/i.test(src)) return 'application/x-mpegurl';
  return /\.mpd($|\?|#)/i.test(src) ? 'application/dash+xml' : undefined;
}

/** Loads `src` into the player; shaka gives a presentation up when its first playlist fails, so then it starts from another rung. */
export async function loadPresentation(
  player: shaka.Player,
  parts: { readonly src: string; readonly startPosition: number | null; readonly chooser: VariantChooser },
  failureBehind: Transport['failureBehind'],
  attempts = FIRST_RUNGS,
): Promise<void> {
  const { src, startPosition, chooser } = parts;
  try {
    await player.load(src, startPosition, mimeTypeOf(src));
  } catch (error) {
    const { selected } = chooser;
    const others = chooser.candidates().some((index) => index !== selected);
    if (failureBehind(error)?.kind !== 'playlist' || selected === null || !others || attempts <= 1) throw error;
    chooser.avoid(selected);
    await loadPresentation(player, parts, failureBehind, attempts - 1);
  }
}

/** As `work` ends, or rejects with ABORTED as soon as the signal fires, whatever becomes of `work` then. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new PlayerError('ABORTED', 'load() was aborted', { cause: signal.reason }));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
