import { STRATEGIES, STRATEGY_NAMES, strategyByName } from '../../abr/catalogue.ts';
import type { AbrStrategy } from '../../abr/strategy.ts';
import { PEERS } from '../peers/peers.ts';
import type { StrategySet } from '../play-trace.ts';
import { messageOf, UsageError } from './usage-error.ts';

/** What stands for the best that was possible, among the strategies. */
export const LIMIT = 'clairvoyant';

/** Every strategy that the command line knows, with a sentence for each: the catalogue, the engines' own, and the limit. */
export function strategyList(): readonly { readonly name: string; readonly about: string }[] {
  return [
    ...STRATEGY_NAMES.map((name) => ({ name, about: STRATEGIES[name].about })),
    ...Object.entries(PEERS).map(([name, { about }]) => ({ name, about })),
    { name: LIMIT, about: 'no strategy: the best that any player could have done, knowing the trace beforehand' },
  ];
}

const names = (): string[] => strategyList().map(({ name }) => name);

/** @throws UsageError naming the strategy that is not known, and what comes closest */
export function checkStrategies(wanted: readonly string[]): void {
  for (const name of wanted) {
    if (names().includes(name)) continue;
    const meant = closest(name, names());
    const hint = meant === null ? '' : ` (did you mean ${meant}?)`;
    throw new UsageError(`--strategies must be of ${names().join(', ')}; got '${name}'${hint}`);
  }
}

/**
 * Makers of strategies by their names, in order; the limit is none and left out.
 *
 * @throws UsageError naming the one that is not known, or whose engine is not installed
 */
export async function loadStrategies(wanted: readonly string[]): Promise<StrategySet> {
  checkStrategies(wanted);
  const set: Record<string, () => AbrStrategy> = {};
  for (const name of wanted) {
    if (name === LIMIT) continue;
    set[name] = Object.hasOwn(PEERS, name) ? await peer(name as keyof typeof PEERS) : () => strategyByName(name);
  }
  return set;
}

async function peer(name: keyof typeof PEERS): Promise<() => AbrStrategy> {
  try {
    return (await PEERS[name].load()).create;
  } catch (cause) {
    const missing = /Cannot find package '([^']+)'/.exec(messageOf(cause))?.[1];
    const why =
      missing === undefined ? `cannot be loaded: ${messageOf(cause)}` : `needs ${missing}: npm install ${missing}`;
    throw new UsageError(`strategy '${name}' ${why}`, { cause });
  }
}

/** The known name that is the fewest changes away, if these are few. */
function closest(name: string, known: readonly string[]): string | null {
  const distances = known.map((other) => ({ other, distance: editDistance(name.toLowerCase(), other.toLowerCase()) }));
  const best = distances.reduce((a, b) => (b.distance < a.distance ? b : a));
  return best.distance <= Math.max(2, name.length / 3) ? best.other : null;
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, character] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      const replaced = (row[j] ?? 0) + (character === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
