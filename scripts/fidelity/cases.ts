import { createTraceLibrary, TRACE_FOLDER } from '../../fixtures/traces.ts';
import type { StrategyName } from '../../src/abr/catalogue.ts';
import type { NetworkTrace } from '../../src/sim/network-trace.ts';
import { type SyntheticKind, syntheticTrace } from '../../src/sim/synthetic-trace.ts';

/** Engines that sessions are recorded in. */
export const ENGINES = ['hls', 'shaka'] as const;
export type FidelityEngine = (typeof ENGINES)[number];

/** One network, and the strategy that plays over it in both engines and in the simulator. */
export interface FidelityCase {
  readonly trace: NetworkTrace;
  readonly strategy: StrategyName;
}

/** Media played, s, and the buffer that is aimed for: with less than the default more is decided in the same time. */
export const PLAYED = 96;
export const BUFFER_TARGET = 20;

const named = (name: string): NetworkTrace => {
  const trace = createTraceLibrary(TRACE_FOLDER).find(name);
  if (trace === null) throw new Error(`there is no trace '${name}'`);
  return trace;
};

const madeUp = (kind: SyntheticKind, seed: number): NetworkTrace => syntheticTrace(kind, { seed, duration: 300 });

/** Steady and rising, cliffs and tunnels, cells and evenings; each strategy on several of them. */
export function fidelityCases(): FidelityCase[] {
  const pairs: [NetworkTrace, StrategyName][] = [
    [named('steady'), 'throughput'],
    [named('cliff'), 'bola'],
    [named('climb'), 'dynamic'],
    [named('commute'), 'robustMpc'],
    [named('congested-evening'), 'bolaE'],
    [madeUp('stable', 1), 'bola'],
    [madeUp('stable', 2), 'bba'],
    [madeUp('cellular', 1), 'throughput'],
    [madeUp('cellular', 2), 'dynamic'],
    [madeUp('train', 1), 'bba'],
    [madeUp('train', 2), 'throughput'],
    [madeUp('cliff', 1), 'bolaE'],
    [madeUp('evening', 1), 'robustMpc'],
    [madeUp('evening', 2), 'dynamic'],
  ];
  return pairs.map(([trace, strategy]) => ({ trace, strategy }));
}
