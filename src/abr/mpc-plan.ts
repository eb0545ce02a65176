/** What a plan is made for: qualities in Mbit/s, times in s. */
export interface PlanProblem {
  /** Of each rung, ascending. */
  readonly quality: readonly number[];
  /** `bits[step][rung]` of the segments to come. */
  readonly bits: readonly (readonly number[])[];
  /** bits/s over whole downloads. */
  readonly throughput: number;
  /** Rung of the segment before; null if there is none. */
  readonly previous: number | null;
  readonly bufferLevel: number;
  readonly segmentDuration: number;
  /** The level that a request may leave at, at most. */
  readonly fullLevel: number;
  /** What one s of stalling costs, and one Mbit/s of change, in Mbit/s of quality. */
  readonly rebufferPenalty: number;
  readonly switchPenalty: number;
}

/** Answers questions about the plans for one problem at a time; made once, it reuses its tables. */
export interface Planner {
  /** Takes up a problem; the questions below are about the last one. */
  prepare(problem: PlanProblem): void;
  /** No plan that begins with `first` is worth more. */
  bound(first: number): number;
  /** The best plan that begins with `first`: Σ q − switch·Σ|Δq| − rebuffer·stall, exactly. */
  value(first: number): number;
}

/**
 * Plans by branch and bound. The bound of a plan begun is its Lagrangian dual: if stalling costs λ ≤ μ for each s that the
 * downloads take over what is buffered, the steps come apart and the best is a sum, from the last step to the first; the
 * lowest over some λ bounds the plan. It is tight enough that a few hundred of the 10⁵ plans are looked at.
 */
export function createPlanner(): Planner {
  let problem: PlanProblem | null = null;
  let rungs = 0;
  let steps = 0;
  let full = 0;
  let duration = 0;
  let stallCost = 0;
  let switchCost = 0;
  let quality = new Float64Array(0);
  /** `[step·rungs + rung]` s. */
  let times = new Float64Array(0);
  /** Prices λ ascending, and `[(price·(steps + 1) + step)·rungs + rung]` the most that is to be had from there on at that price. */
  let prices = new Float64Array(0);
  let priceCount = 0;
  let dual = new Float64Array(0);

  /** Prices at which the balance between two neighbouring rungs tips, with none and the full price. */
  const setPrices = (): void => {
    const list = [0, stallCost];
    for (let rung = 1; rung < rungs; rung += 1) {
      const slower = (times[rung] ?? 0) - (times[rung - 1] ?? 0);
      const price = ((quality[rung] ?? 0) - (quality[rung - 1] ?? 0)) / slower;
      if (price > 0 && price < stallCost) list.push(price);
    }
    list.sort((a, b) => a - b);
    priceCount = list.length;
    if (prices.length < priceCount) prices = new Float64Array(priceCount);
    prices.set(list);
  };

  const setDual = (price: number, from: number): void => {
    for (let rung = 0; rung < rungs; rung += 1) dual[from + steps * rungs + rung] = 0;
    for (let step = steps - 1; step > 0; step -= 1) {
      const here = from + step * rungs;
      const refund = step < steps - 1 ? price * duration : 0;
      for (let rung = 0; rung < rungs; rung += 1) {
        const gain = (quality[rung] ?? 0) - price * (times[step * rungs + rung] ?? 0) + refund;
        dual[here + rung] = gain + (dual[here + rungs + rung] ?? 0);
      }
      // The best of going anywhere from here: a change costs in proportion to its size, so two sweeps find it.
      for (let rung = 1; rung < rungs; rung += 1) {
        const moved = (dual[here + rung - 1] ?? 0) - switchCost * ((quality[rung] ?? 0) - (quality[rung - 1] ?? 0));
        if (moved > (dual[here + rung] ?? 0)) dual[here + rung] = moved;
      }
      for (let rung = rungs - 2; rung >= 0; rung -= 1) {
        const moved = (dual[here + rung + 1] ?? 0) - switchCost * ((quality[rung + 1] ?? 0) - (quality[rung] ?? 0));
        if (moved > (dual[here + rung] ?? 0)) dual[here + rung] = moved;
      }
    }
  };

  /** The dual is convex in the price, so the lowest bound is found by walking from the price that was best before. */
  let walked = 0;
  const boundFrom = (step: number, rung: number, level: number): number => {
    if (step === steps) return 0;
    const stride = (steps + 1) * rungs;
    const at = step * rungs + rung;
    let price = walked;
    let lowest = (dual[price * stride + at] ?? 0) + (prices[price] ?? 0) * level;
    while (price + 1 < priceCount) {
      const next = (dual[(price + 1) * stride + at] ?? 0) + (prices[price + 1] ?? 0) * level;
      if (next >= lowest) break;
      lowest = next;
      price += 1;
    }
    while (price > 0) {
      const next = (dual[(price - 1) * stride + at] ?? 0) + (prices[price - 1] ?? 0) * level;
      if (next >= lowest) break;
      lowest = next;
      price -= 1;
    }
    walked = price;
    return lowest;
  };

  let best = 0;
  const search = (step: number, before: number, level: number, value: number): void => {
    const start = Math.min(level, full);
    const at = step * rungs;
    const was = quality[before] ?? 0;
    const last = step === steps - 1;
    // Staying is the likeliest: tried first, it makes most of the others fall below the bound.
    for (let turn = -1; turn < rungs; turn += 1) {
      if (turn === before) continue;
      const rung = turn < 0 ? before : turn;
      const q = quality[rung] ?? 0;
      const left = start - (times[at + rung] ?? 0);
      let total = value + q - switchCost * (q > was ? q - was : was - q);
      if (left < 0) total += stallCost * left;
      if (last) {
        if (total > best) best = total;
        continue;
      }
      const after = Math.max(left, 0) + duration;
      if (total + boundFrom(step + 1, rung, after) > best) search(step + 1, rung, after, total);
    }
  };

  /** What the first segment adds to the value, and the buffer it leaves. */
  const begin = (first: number): { readonly gained: number; readonly level: number } => {
    const previous = problem?.previous ?? null;
    const q = quality[first] ?? 0;
    const left = Math.min(problem?.bufferLevel ?? 0, full) - (times[first] ?? 0);
    const change = previous === null ? 0 : switchCost * Math.abs(q - (quality[previous] ?? 0));
    return { gained: q - change + stallCost * Math.min(left, 0), level: Math.max(left, 0) + duration };
  };

  return {
    prepare(next) {
      problem = next;
      rungs = next.quality.length;
      steps = next.bits.length;
      full = next.fullLevel;
      duration = next.segmentDuration;
      stallCost = next.rebufferPenalty;
      switchCost = next.switchPenalty;
      if (quality.length !== rungs) quality = new Float64Array(rungs);
      quality.set(next.quality);
      if (times.length < steps * rungs) times = new Float64Array(steps * rungs);
      for (let step = 0; step < steps; step += 1) {
        const row = next.bits[step] ?? [];
        for (let rung = 0; rung < rungs; rung += 1) times[step * rungs + rung] = (row[rung] ?? 0) / next.throughput;
      }
      setPrices();
      const size = priceCount * (steps + 1) * rungs;
      if (dual.length < size) dual = new Float64Array(size);
      for (let price = 0; price < priceCount; price += 1) setDual(prices[price] ?? 0, price * (steps + 1) * rungs);
      walked = priceCount >> 1;
    },
    bound(first) {
      const { gained, level } = begin(first);
      return gained + boundFrom(1, first, level);
    },
    value(first) {
      const { gained, level } = begin(first);
      if (steps === 1) return gained;
      best = Number.NEGATIVE_INFINITY;
      search(1, first, level, gained);
      return best;
    },
  };
}

/**
 * The rung that begins the best plan under several problems at once, each with a weight: the exact maximum of the weighted
 * sum. Of equals the lowest.
 */
export function bestFirstRung(
  cases: readonly { readonly planner: Planner; readonly weight: number }[],
  rungs: number,
): number {
  const bounds: number[] = [];
  for (let first = 0; first < rungs; first += 1) {
    let bound = 0;
    for (const { planner, weight } of cases) bound += weight * planner.bound(first);
    bounds.push(bound);
  }
  let best = Number.NEGATIVE_INFINITY;
  let chosen = 0;
  for (let turn = 0; turn < rungs; turn += 1) {
    let first = 0;
    for (let rung = 1; rung < rungs; rung += 1) if ((bounds[rung] ?? 0) > (bounds[first] ?? 0)) first = rung;
    if ((bounds[first] ?? 0) < best) break;
    bounds[first] = Number.NEGATIVE_INFINITY;
    let value = 0;
    for (const { planner, weight } of cases) value += weight * planner.value(first);
    if (value > best || (value === best && first < chosen)) {
      best = value;
      chosen = first;
    }
  }
  return chosen;
}
