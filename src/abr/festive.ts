import { bufferLimit } from './buffer-limit.ts';
import { rungAt, rungsCache } from './rungs.ts';
import type { AbrContext, AbrDecision, AbrStrategy } from './strategy.ts';
import { harmonicForecast } from './throughput-forecast.ts';

/** Options of {@link festive}; the paper's values are the defaults. */
export interface FestiveOptions {
  /** Downloads whose harmonic mean is the bandwidth. Default 20. */
  readonly window?: number;
  /** Share of the bandwidth that is spent. Default 0.85. */
  readonly safety?: number;
  /** How much efficiency counts against stability. Default 12. */
  readonly alpha?: number;
  /** Decisions within which switches are counted. Default 10: the paper's 20 s of 2 s segments. */
  readonly switchWindow?: number;
  /**
   * Numbers within 0…1, for the randomised buffer target that keeps players on one link from falling into step. Without it the
   * next request leaves as the engine likes. Default none: simulated players have a link each.
   */
  readonly random?: (() => number) | null;
}

/**
 * FESTIVE: fair, efficient, stable. Bandwidth is the harmonic mean of 20 downloads; the rendition moves one rung at a time, up
 * from the k-th only after k segments on it; and a move is put off while it costs more in stability (2 to the number
 * of recent switches, itself included) than it gains in efficiency.
 *
 * Differences from the paper: randomised scheduling is off unless `random` is given, and then draws the buffer target within a
 * segment of two segments below the engine's own.
 *
 * @throws RangeError if an option is out of its range
 * @see Jiang, Sekar, Zhang, "Improving Fairness, Efficiency, and Stability in HTTP-based Adaptive Video Streaming with FESTIVE"
 * (CoNEXT 2012), doi 10.1145/2413176.2413189
 */
export function festive(options: FestiveOptions = {}): AbrStrategy {
  const { window = 20, safety = 0.85, alpha = 12, switchWindow = 10, random = null } = options;
  if (!(safety > 0 && safety <= 1)) throw new RangeError(`safety must be over 0 and at most 1, got ${safety}`);
  if (!(alpha >= 0)) throw new RangeError(`alpha must be >= 0, got ${alpha}`);
  if (!(Number.isInteger(switchWindow) && switchWindow > 0)) {
    throw new RangeError(`switchWindow must be a whole number > 0, got ${switchWindow}`);
  }
  const cached = rungsCache();
  const bandwidth = harmonicForecast(window, 1);
  /** Whether each of the last decisions was a switch, how many in a row were not, and the draw for the next. */
  const switches: boolean[] = [];
  let stayed = 0;
  let last: number | null = null;
  let draw = random?.() ?? 0;

  const wait = (context: AbrContext): number => {
    if (random === null) return 0;
    const { bufferLevel, segment } = context;
    const target = bufferLimit(context) - 2 * segment.duration + (2 * draw - 1) * segment.duration;
    return Math.max(0, bufferLevel - target);
  };

  return {
    name: 'festive',
    observe(event) {
      bandwidth.observe(event);
      if (event.type === 'sessionStart') {
        switches.length = 0;
        stayed = 0;
        last = null;
      } else if (event.type === 'decision' && event.trigger !== 'abandon') {
        const switched = last !== null && event.index !== last;
        switches.push(switched);
        if (switches.length > switchWindow) switches.shift();
        stayed = switched ? 1 : stayed + 1;
        last = event.index;
        draw = random?.() ?? 0;
      }
    },
    decide(context): AbrDecision {
      const measured = bandwidth.expected() ?? context.throughput;
      if (measured === null || context.current === null) {
        return { index: context.candidates[0] ?? 0, reason: 'no bandwidth yet: lowest' };
      }
      const rungs = cached(context.ladder, context.candidates);
      const from = rungAt(rungs, context.current);
      const spent = measured * safety;
      let target = 0;
      while (target + 1 < rungs.bitrate.length && (rungs.bitrate[target + 1] ?? 0) <= spent) target += 1;
      const next = target > from ? (stayed > from ? from + 1 : from) : target < from ? from - 1 : from;
      const pause = wait(context);
      const decided = (rung: number, reason: string): AbrDecision => {
        const index = rungs.index[rung] ?? 0;
        return pause > 0 ? { index, reason, wait: pause } : { index, reason };
      };
      const mbps = Math.round(spent / 1e4) / 100;
      if (next === from) return decided(from, `${mbps} Mbit/s to spend: stays`);
      const count = switches.filter(Boolean).length;
      const reference = Math.min(measured, rungs.bitrate[next] ?? 0);
      const inefficiency = (rung: number): number => Math.abs((rungs.bitrate[rung] ?? 0) / reference - 1);
      const moving = 2 ** (count + 1) + alpha * inefficiency(next);
      const staying = 2 ** count + alpha * inefficiency(from);
      return moving < staying
        ? decided(next, `${mbps} Mbit/s to spend: one step ${next > from ? 'up' : 'down'}`)
        : decided(from, `${mbps} Mbit/s to spend, but ${count} switches lately: stays`);
    },
  };
}
