/** What can be picked: names as they stand in the URL, and words for people. */
import type { AbrStrategy, EngineName } from 'sluice';
import { STRATEGIES as KNOWN } from 'sluice/abr';

/** One choice of a picker. */
export interface Choice<T extends string = string> {
  readonly name: T;
  readonly label: string;
  readonly about: string;
}

/** A stream of the fixture server. */
export type PresentationName = 'vod' | 'long' | 'muxed' | 'encrypted' | 'live';

export const PRESENTATIONS: readonly Choice<PresentationName>[] = [
  { name: 'vod', label: 'Film, 64 s', about: 'ten renditions, audio and subtitles in two languages' },
  { name: 'long', label: 'Film, 10 min', about: 'the same ladder for ten minutes' },
  { name: 'muxed', label: 'Film, audio muxed in', about: 'picture and sound in the same segments' },
  { name: 'encrypted', label: 'Film, AES-128', about: 'every segment encrypted' },
  { name: 'live', label: 'Live', about: 'a window of 40 s that slides' },
];

export const ENGINES: readonly Choice<Exclude<EngineName, 'auto'>>[] = [
  { name: 'hls', label: 'hls.js', about: 'hls.js plays' },
  { name: 'shaka', label: 'shaka-player', about: 'shaka-player plays' },
  { name: 'native', label: 'native', about: 'the browser plays HLS and decides by itself' },
];

/** A strategy and how to make one. */
export interface StrategyChoice extends Choice {
  readonly create: () => AbrStrategy;
}

/** How names read; one that is not here stands for itself. */
const LABELS: Readonly<Record<string, string>> = {
  throughput: 'Throughput',
  percentile: 'Percentile',
  capacityAware: 'Capacity-aware',
  bola: 'BOLA',
  bolaE: 'BOLA-E',
  dynamic: 'Dynamic',
  robustMpc: 'Robust MPC',
  bba: 'BBA',
  festive: 'FESTIVE',
  l2a: 'L2A',
  lolPlus: 'LoL+',
};

/** All that come with Sluice. */
export const STRATEGIES: readonly StrategyChoice[] = Object.entries(KNOWN).map(([name, { about, create }]) => ({
  name,
  label: LABELS[name] ?? name,
  about,
  create,
}));

/** Conditions the page can ask the fixture server for: a trace it knows by name, or one bandwidth (kbit/s) and latency (ms). */
export interface NetworkChoice extends Choice {
  readonly trace?: string;
  readonly constant?: { readonly kbps: number; readonly latencyMs: number };
}

/** The sliders' own setting. */
export const MANUAL = 'manual';

export const NETWORKS: readonly NetworkChoice[] = [
  {
    name: 'fast',
    label: 'Steady, 12 Mbit/s',
    about: 'more than the top rendition needs',
    constant: { kbps: 12_000, latencyMs: 20 },
  },
  {
    name: 'modest',
    label: 'Steady, 3 Mbit/s',
    about: 'the middle of the ladder',
    constant: { kbps: 3_000, latencyMs: 40 },
  },
  { name: 'cliff', label: 'Cliff, 8 → 0.6 Mbit/s', about: 'full speed for 40 s, then hardly any', trace: 'cliff' },
  { name: 'climb', label: 'Climb, 0.4 → 9 Mbit/s', about: 'a better network every 20 s', trace: 'climb' },
  { name: 'commute', label: 'Commute', about: 'a train ride with tunnels', trace: 'commute' },
  { name: 'evening', label: 'Congested evening', about: 'the neighbours come home', trace: 'congested-evening' },
  { name: MANUAL, label: 'By hand', about: 'as the sliders stand' },
];
