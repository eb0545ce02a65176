import { STRATEGIES, STRATEGY_NAMES, strategyByName } from '../../abr/catalogue.ts';
import type { AbrStrategy } from '../../abr/strategy.ts';
import type { StrategySet } from '../play-trace.ts';
import { UsageError } from './usage-error.ts';

/** Every strategy that the command line knows, with a sentence for each. */
export function strategyList(): readonly { readonly name: string; readonly about: string }[] {
  return STRATEGY_NAMES.map((name) => ({ name, about: STRATEGIES[name].about }));
}

const names = (): string[] => strategyList().map(({ name }) => name);

/**
 * Makers of strategies by their names, in order.
 *
 * @throws UsageError naming the one that is not known, and what comes closest
 */
export function strategySet(wanted: readonly string[]): StrategySet {
  const set: Record<string, () => AbrStrategy> = {};
  for (const name of wanted) {
    if (!names().includes(name)) {
      const meant = closest(name, names());
      const hint = meant === null ? '' : ` (did you mean ${meant}?)`;
      throw new UsageError(`--strategies must be of ${names().join(', ')}; got '${name}'${hint}`);
    }
    set[name] = () => strategyByName(name);
  }
  return set;
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
