import type { AbrStrategy } from '../../abr/strategy.ts';
import { loadHlsJs } from './hlsjs.ts';
import { loadShaka } from './shaka.ts';

/** An engine's own ABR, to compare with: what it is, and how to get it. */
export interface Peer {
  readonly about: string;
  /** Rejects where the engine's package is not installed. */
  load(): Promise<{ readonly version: string; readonly create: () => AbrStrategy }>;
}

/** The engines' own ABR classes, by the names that the command line takes. */
export const PEERS: Readonly<Record<'hlsjs' | 'shaka', Peer>> = {
  hlsjs: { about: "hls.js's own AbrController, as it is shipped", load: loadHlsJs },
  shaka: { about: "shaka-player's own SimpleAbrManager, as it is shipped", load: loadShaka },
};
