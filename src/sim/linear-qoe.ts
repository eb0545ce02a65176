import type { Ladder } from '../media/rendition.ts';

/**
 * The linear QoE of a whole session: Σ q − μ·(startup + stall) − Σ|Δq|, with q the declared bitrate of each segment in
 * Mbit/s and μ the ladder's top in Mbit/s. A sum, so only sessions of the same movie compare.
 *
 * @param levels rendition of each segment, in order
 * @param waiting s of start-up and stalls together
 * @see Yin, Jindal, Sekar, Sinopoli, "A Control-Theoretic Approach for Dynamic Adaptive Video Streaming over HTTP"
 * (SIGCOMM 2015), doi 10.1145/2785956.2787486
 */
export function linearQoe(ladder: Ladder, levels: readonly number[], waiting: number): number {
  const quality = ladder.map(({ bitrate }) => bitrate / 1e6);
  let sum = 0;
  let previous = quality[levels[0] ?? 0] ?? 0;
  for (const level of levels) {
    const q = quality[level] ?? 0;
    sum += q - Math.abs(q - previous);
    previous = q;
  }
  return sum - (quality.at(-1) ?? 0) * waiting;
}
