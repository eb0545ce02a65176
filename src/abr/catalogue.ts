import { bba } from './bba.ts';
import { bola } from './bola.ts';
import { bolaE } from './bola-e.ts';
import { capacityAware } from './capacity-aware.ts';
import { dynamic } from './dynamic.ts';
import { festive } from './festive.ts';
import { l2a } from './l2a.ts';
import { lolPlus } from './lol-plus.ts';
import { percentile } from './percentile.ts';
import { robustMpc } from './robust-mpc.ts';
import type { AbrStrategy } from './strategy.ts';
import { throughput } from './throughput.ts';

/** A strategy of the catalogue: what it goes by, in a sentence, and how to make one with its defaults. */
export interface CatalogueEntry {
  readonly about: string;
  readonly create: () => AbrStrategy;
}

const CATALOGUE = {
  percentile: {
    about: 'a pessimistic mix of the last 20 downloads, scaled by how full the buffer is',
    create: () => percentile(),
  },
  capacityAware: {
    about: 'the tier that an edge server would grant, with room to spare',
    create: () => capacityAware(),
  },
  throughput: {
    about: 'the highest that arrives in time at 90 % of the estimated throughput, and before the buffer is empty',
    create: () => throughput(),
  },
  bba: {
    about: 'a map from the buffer level to the size of the next segment, over a reservoir that takes the lowest',
    create: () => bba(),
  },
  bola: {
    about: 'the best balance of quality against the buffer it costs, from the buffer level alone',
    create: () => bola(),
  },
  bolaE: {
    about: 'BOLA with a placeholder: starts by throughput, and stays there while the buffer is full',
    create: () => bolaE(),
  },
  dynamic: {
    about: 'by throughput while the buffer is low, by BOLA over 10 s',
    create: () => dynamic(),
  },
  robustMpc: {
    about: 'the first segment of the best plan for the next five, should the network do badly or middling',
    create: () => robustMpc(),
  },
  festive: {
    about: 'one step at a time towards 85 % of the bandwidth, and only where that is worth the switch',
    create: () => festive(),
  },
  l2a: {
    about: 'for low latency: a probability for each rendition, learnt from download to download',
    create: () => l2a(),
  },
  lolPlus: {
    about: 'for low latency: a self-organising map of throughput, latency, stalls and switches',
    create: () => lolPlus(),
  },
} as const satisfies Readonly<Record<string, CatalogueEntry>>;

/** Name of a strategy that comes with Sluice, as the command line takes it. */
export type StrategyName = keyof typeof CATALOGUE;

/** Every strategy that comes with Sluice, by name. */
export const STRATEGIES: Readonly<Record<StrategyName, CatalogueEntry>> = CATALOGUE;

/** The names in {@link STRATEGIES}. */
export const STRATEGY_NAMES: readonly StrategyName[] = /* @__PURE__ */ Object.keys(CATALOGUE) as StrategyName[];

/**
 * A new strategy with its defaults, by its name.
 *
 * @throws TypeError if there is none of that name
 */
export function strategyByName(name: string): AbrStrategy {
  if (!Object.hasOwn(STRATEGIES, name)) {
    throw new TypeError(`strategy must be one of ${STRATEGY_NAMES.join(', ')}, got '${name}'`);
  }
  return STRATEGIES[name as StrategyName].create();
}
