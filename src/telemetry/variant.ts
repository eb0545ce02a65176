import { unitHash } from './hash.ts';

/**
 * The variant of an experiment that a session belongs to: the same for the same session always, spread evenly (or by `weights`),
 * and independent from one experiment to another. Tell the collector with the tag `ab.<experiment>`: that is the
 * exposure.
 *
 * @param sessionId  what is assigned; give the id of the viewer's device instead if variants must not change between sessions
 * @param weights  shares, one for each variant; default all the same
 * @throws RangeError if there is no variant, or the weights are not as many numbers >= 0 with a sum over 0
 */
export function assignVariant<V extends string>(
  experiment: string,
  sessionId: string,
  variants: readonly V[],
  weights: readonly number[] = variants.map(() => 1),
): V {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (variants.length === 0) throw new RangeError('variants must have at least one, got none');
  if (weights.length !== variants.length || !weights.every((weight) => weight >= 0) || !(total > 0)) {
    throw new RangeError(`weights must be ${variants.length} numbers >= 0 with a sum > 0, got ${weights.join(', ')}`);
  }
  let rest = unitHash(`${experiment}\n${sessionId}`) * total;
  const chosen = weights.findIndex((weight) => {
    rest -= weight;
    return rest < 0;
  });
  return variants[chosen] as V;
}
