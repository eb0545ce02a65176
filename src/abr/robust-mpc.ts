import { measure } from './abandon-progress.ts';
import { bufferLimit } from './buffer-limit.ts';
import { bestFirstRung, createPlanner, type Planner } from './mpc-plan.ts';
import { type Rungs, rungAt, rungsCache } from './rungs.ts';
import type { AbrContext, AbrDecision, AbrStrategy } from './strategy.ts';
import { harmonicForecast } from './throughput-forecast.ts';

/** Options of {@link robustMpc}. */
export interface RobustMpcOptions {
  /**
   * What is planned for: `lowerBound` is RobustMPC as published (the expected throughput divided by 1 + its largest recent
   * error), `expected` is MPC as published (the expected throughput itself), `both` the mean of a bad and a middling case.
   * Default `both`.
   */
  readonly plansFor?: 'both' | 'lowerBound' | 'expected';
  /** Segments planned ahead. Default 5, the paper's. */
  readonly horizon?: number;
  /** Downloads that the expectation is taken over. Default 3 for `both`, else 5, the paper's. */
  readonly window?: number;
  /** Downloads over which its errors are remembered. Default 5, the paper's. */
  readonly memory?: number;
  /** What one s of stalling costs, in Mbit/s of quality. Default: the ladder's top bitrate, as in the paper. */
  readonly rebufferPenalty?: number;
  /** What one Mbit/s of change between segments costs, in Mbit/s of quality. Default 1, the paper's. */
  readonly switchPenalty?: number;
}

/** However well the last downloads went, the bad case is that the network halves … */
const HALVING = 0.5;
/** … unless it has been steady: it falls by this many times the mean size of recent errors (in ln), if that is less. */
const ERROR_FACTOR = 8;
/** s that a download is watched before its own rate is trusted. */
const ABANDON_GRACE = 0.5;
/** s that the expectation counts for against the download's own rate: without it a pause at the start passes for an outage. */
const EXPECTED_TIME = 0.5;
/** What a plan with another rung must be worth more, in shares of the top quality. */
const ABANDON_GAIN = 0.1;

/** Share of the expected throughput, and how much the case counts. */
interface Case {
  readonly share: number;
  readonly weight: number;
}

/** The cases of RobustMPC and MPC as published. */
function publishedCase(ratios: readonly number[], robust: boolean): Case[] {
  let error = 0;
  if (robust) for (const ratio of ratios) error = Math.max(error, Math.abs(1 / ratio - 1));
  return [{ share: 1 / (1 + error), weight: 1 }];
}

/** A bad case, the worst of what recently came of expectations or a halving, and the median of all these; neither above 1. */
function badAndMiddling(ratios: readonly number[]): Case[] {
  let size = 0;
  for (const ratio of ratios) size += Math.abs(Math.log(ratio));
  const mean = ratios.length === 0 ? 1 : size / ratios.length;
  const sorted = [...ratios, 1, Math.max(HALVING, Math.exp(-ERROR_FACTOR * mean))].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = ((sorted[Math.floor(middle)] ?? 1) + (sorted[Math.ceil(middle)] ?? 1)) / 2;
  return [
    { share: Math.min(sorted[0] ?? 1, 1), weight: 0.5 },
    { share: Math.min(median, 1), weight: 0.5 },
  ];
}

/**
 * Model-predictive control: plans the next 5 segments for the best linear QoE under a prediction of throughput, plays the
 * first of them, and plans again. Knows segment sizes where the manifest does.
 *
 * Differences from the paper: plans are searched exactly online (the paper tabulates them). By default the first segment of a
 * plan is chosen for the mean QoE of two cases, bad and middling, where the paper plans for the lower bound alone: a bound
 * that recent luck has raised is no bound, and one that a single outage has lowered forbids everything (`plansFor`
 * has the published forms). Without an estimate the lowest is taken instead of the paper's start-up phase. The paper gives no
 * download up; here one is, when the plan with a lower rung is worth more at the rate measured.
 *
 * @throws RangeError if an option is out of its range
 * @see Yin, Jindal, Sekar, Sinopoli, "A Control-Theoretic Approach for Dynamic Adaptive Video Streaming over HTTP"
 * (SIGCOMM 2015), doi 10.1145/2785956.2787486
 */
export function robustMpc(options: RobustMpcOptions = {}): AbrStrategy {
  const { plansFor = 'both', horizon = 5, memory = 5, rebufferPenalty = null, switchPenalty = 1 } = options;
  const { window = plansFor === 'both' ? 3 : 5 } = options;
  if (!(Number.isInteger(horizon) && horizon > 0))
    throw new RangeError(`horizon must be a whole number > 0, got ${horizon}`);
  if (rebufferPenalty !== null && !(rebufferPenalty >= 0)) {
    throw new RangeError(`rebufferPenalty must be >= 0, got ${rebufferPenalty}`);
  }
  if (!(switchPenalty >= 0)) throw new RangeError(`switchPenalty must be >= 0, got ${switchPenalty}`);
  const cached = rungsCache();
  const forecast = harmonicForecast(window, memory);

  const casesOf = (): Case[] =>
    plansFor === 'both'
      ? badAndMiddling(forecast.ratios())
      : publishedCase(forecast.ratios(), plansFor === 'lowerBound');

  const planners = [createPlanner(), createPlanner()];
  let shown: number | null = null;

  /** A planner for each case, with its weight. */
  const plansFrom = (
    context: AbrContext,
    rungs: Rungs,
    bits: readonly (readonly number[])[],
    expected: number,
    cases: readonly Case[],
  ): { readonly planner: Planner; readonly weight: number }[] => {
    const { segment, bufferLevel, current } = context;
    const quality = rungs.bitrate.map((bitrate) => bitrate / 1e6);
    return cases.map(({ share, weight }, at) => {
      const planner = planners[at] ?? createPlanner();
      planner.prepare({
        quality,
        bits,
        throughput: expected * share,
        previous: current === null ? null : rungAt(rungs, current),
        bufferLevel,
        segmentDuration: segment.duration,
        fullLevel: Math.max(bufferLimit(context) - segment.duration, 0),
        rebufferPenalty: rebufferPenalty ?? quality[quality.length - 1] ?? 0,
        switchPenalty,
      });
      return { planner, weight };
    });
  };

  return {
    name: 'robustMpc',
    observe(event) {
      forecast.observe(event);
      if (event.type === 'sessionStart') shown = null;
      else if (event.type === 'buffered' && event.rendition !== null) shown = event.rendition;
    },
    decide(context): AbrDecision {
      const expected = forecast.expected() ?? context.throughput;
      if (expected === null) return { index: context.candidates[0] ?? 0, reason: 'no throughput estimate yet: lowest' };
      const rungs = cached(context.ladder, context.candidates);
      const bits = plannedSizes(context, rungs, horizon);
      const cases = casesOf();
      const rung = bestFirstRung(plansFrom(context, rungs, bits, expected, cases), rungs.index.length);
      const shares = cases.map(({ share }) => Math.round(share * expected * 1e-4) / 100).join(' and ');
      return { index: rungs.index[rung] ?? 0, reason: `best plan of ${bits.length} segments at ${shares} Mbit/s` };
    },
    abandon(context, progress) {
      if (progress.elapsed < ABANDON_GRACE) return null;
      const rungs = cached(context.ladder, context.candidates);
      const [next = [], ...later] = plannedSizes(context, rungs, horizon);
      const from = rungAt(rungs, progress.index);
      const measured = measure(progress, next[from] ?? 0);
      if (measured === null || from === 0) return null;
      const rate = blendedRate(measured.received, progress.elapsed, forecast.expected());
      if (measured.left / rate <= context.bufferLevel) return null;
      const rest = next.map((size, rung) => (rung === from ? measured.left : size));
      const asked = { ...context, current: shown };
      const plans = plansFrom(asked, rungs, [rest, ...later], rate, [{ share: 1, weight: 1 }]);
      const goingOn = plans[0]?.planner.value(from) ?? 0;
      const to = bestFirstRung(plans, from);
      const gain = (plans[0]?.planner.value(to) ?? 0) - goingOn;
      if (!(gain > ABANDON_GAIN * (rungs.bitrate[rungs.bitrate.length - 1] ?? 0) * 1e-6)) return null;
      return {
        index: rungs.index[to] ?? 0,
        reason: `a plan with it is worth ${gain.toFixed(1)} more at ${Math.round(rate / 1e4) / 100} Mbit/s`,
      };
    },
  };
}

/** `[step][rung]` bits of the segments planned: real sizes where known, else the declared bitrate's. */
function plannedSizes({ segment }: AbrContext, rungs: Rungs, horizon: number): readonly (readonly number[])[] {
  const nominal = rungs.bitrate.map((bitrate) => bitrate * segment.duration);
  const steps = Math.max(Math.min(horizon, segment.remaining ?? horizon), 1);
  return Array.from({ length: steps }, (_, step) => {
    const row = step === 0 ? segment.sizes : segment.upcoming?.[step - 1];
    if (row === null || row === undefined) return nominal;
    return rungs.index.map((index, at) => {
      const bytes = row[index];
      return bytes === null || bytes === undefined ? (nominal[at] ?? 0) : bytes * 8;
    });
  });
}

/** bits/s of a download so far, with what was expected counted in for {@link EXPECTED_TIME}. */
function blendedRate(received: number, elapsed: number, expected: number | null): number {
  return expected === null ? received / elapsed : (received + expected * EXPECTED_TIME) / (elapsed + EXPECTED_TIME);
}
