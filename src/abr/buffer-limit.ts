import type { AbrContext } from './strategy.ts';

/**
 * Forward buffer that can really come together, s: where the engine stops fetching, or live the distance to the edge, as what lies
 * beyond it is not produced yet. A strategy that waits for more would wait, at its lowest rendition, for ever.
 */
export function bufferLimit({ bufferTarget, live, segment }: AbrContext): number {
  const target = live?.target ?? null;
  return target === null ? bufferTarget : Math.min(bufferTarget, Math.max(target, segment.duration));
}
