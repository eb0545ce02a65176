import { type BolaOptions, bolaRule, startOfPlayback } from './bola.ts';
import { rungsCache, sustainableRung } from './rungs.ts';
import { sessionMemory } from './session-memory.ts';
import type { AbrContext, AbrStrategy } from './strategy.ts';
import { abandonSlow, bufferSafety, outlastedRung } from './throughput.ts';

/** Options of {@link dynamic}: those of its BOLA, and its own. */
export interface DynamicOptions extends BolaOptions {
  /** s of buffer over which BOLA may take the wheel, and under which it may lose it. Default 10. */
  readonly lowBuffer?: number;
  /** Share of the estimated throughput that the throughput rule spends. Default 0.9. */
  readonly safety?: number;
}

/** What both rules say of one decision. */
interface BothRules {
  readonly bola: { readonly rung: number; readonly wait: number; readonly reason: string };
  readonly throughput: number;
  readonly byBola: boolean;
}

/**
 * DYNAMIC: the throughput rule while the buffer is low, BOLA once it is over 10 s and does not ask for less. BOLA is
 * shaky with little buffer, throughput rules waste a full one; dash.js ships this combination as its default.
 *
 * Follows Sabre's Dynamic: both rules are asked for every segment, and BOLA remembers its own answers, not what was played;
 * abandonment is the throughput rule's. (dash.js pairs it with BOLA-E since; see {@link bolaE}.)
 *
 * @throws RangeError if an option is out of its range
 * @see Spiteri, Sitaraman, Sparacio, "From Theory to Practice: Improving Bitrate Adaptation in the DASH Reference Player"
 * (MMSys 2018), doi 10.1145/3204949.3204953
 */
export function dynamic(options: DynamicOptions = {}): AbrStrategy {
  const { lowBuffer = 10, safety = 0.9, ...bolaOptions } = options;
  if (!(lowBuffer > 0)) throw new RangeError(`lowBuffer must be > 0 s, got ${lowBuffer}`);
  if (!(safety > 0 && safety <= 1)) throw new RangeError(`safety must be over 0 and at most 1, got ${safety}`);
  const rule = bolaRule(bolaOptions);
  const cached = rungsCache();
  const memory = sessionMemory();
  const buffer = bufferSafety();
  const start = startOfPlayback();
  let last: number | null = null;
  let usingBola = false;

  const ask = (context: AbrContext, estimate: number): BothRules => {
    const rungs = cached(context.ladder, context.candidates);
    const bola = rule.choose(context, last, start.number());
    const affordable = sustainableRung(rungs, estimate * safety, context.latency ?? 0, context.segment.duration);
    const throughput = outlastedRung(context, rungs, affordable, buffer.value());
    const level = context.bufferLevel;
    const byBola = usingBola
      ? !(level < lowBuffer && bola.rung < throughput)
      : level > lowBuffer && bola.rung >= throughput;
    return { bola, throughput, byBola };
  };

  return {
    name: 'dynamic',
    observe(event) {
      start.observe(event);
      memory.observe(event);
      if (event.type === 'sessionStart') {
        buffer.reset();
        last = null;
        usingBola = false;
      } else if (event.type === 'decision' && event.trigger !== 'abandon' && event.inputs.throughput !== null) {
        const context = memory.contextOf(event);
        if (context === null) return;
        const both = ask(context, event.inputs.throughput);
        last = context.candidates[both.bola.rung] ?? 0;
        usingBola = both.byBola;
        buffer.step();
      }
    },
    decide(context) {
      const { throughput: estimate, candidates, bufferLevel } = context;
      if (estimate === null) return { index: candidates[0] ?? 0, reason: 'no throughput estimate yet: lowest' };
      const { bola, throughput, byBola } = ask(context, estimate);
      const seconds = Math.round(bufferLevel * 10) / 10;
      if (!byBola) return { index: candidates[throughput] ?? 0, reason: `by throughput with ${seconds} s of buffer` };
      const index = candidates[bola.rung] ?? 0;
      const reason = `by BOLA: ${bola.reason}`;
      return bola.wait > 0 ? { index, reason, wait: bola.wait } : { index, reason };
    },
    abandon: (context, progress) => abandonSlow(context, cached(context.ladder, context.candidates), progress, safety),
  };
}
