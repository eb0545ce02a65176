import { requireThroughput, toMs } from './network.ts';
import type { NetworkTrace } from './network-trace.ts';

/**
 * A trace as two curves over ms since its start: how many bits have flowed, and when a request made now gets its first byte.
 * Made for questions in ascending order, which then cost next to nothing. The trace starts over at its end.
 */
export interface TraceCurve {
  /** ms at which a request that leaves at `atMs` gets its first byte. */
  firstByte(atMs: number): number;
  /** Bits that have flowed by `atMs`, were anybody to take them. */
  bitsAt(atMs: number): number;
  /** ms at which that many bits have flowed. */
  timeOf(bits: number): number;
}

/** @throws RangeError if the trace lets less than 1 bit/s through on average */
export function traceCurve(trace: NetworkTrace): TraceCurve {
  requireThroughput(trace);
  const durations = Float64Array.from(trace.periods, ({ duration }) => toMs(duration));
  const rates = Float64Array.from(trace.periods, ({ bandwidth }) => bandwidth / 1000);
  const latencies = Float64Array.from(trace.periods, ({ latency }) => toMs(latency));
  const latency = latencies.every((value) => value === latencies[0]) ? (latencies[0] ?? 0) : null;
  const count = durations.length;
  let ends = new Float64Array(Math.max(count * 2, 64));
  let sums = new Float64Array(ends.length);
  let known = 0;

  const extend = (): void => {
    if (known === ends.length) {
      const [wereEnds, wereSums] = [ends, sums];
      ends = new Float64Array(known * 2);
      sums = new Float64Array(known * 2);
      ends.set(wereEnds);
      sums.set(wereSums);
    }
    const period = known % count;
    const duration = durations[period] ?? 0;
    ends[known] = (known > 0 ? (ends[known - 1] ?? 0) : 0) + duration;
    sums[known] = (known > 0 ? (sums[known - 1] ?? 0) : 0) + duration * (rates[period] ?? 0);
    known += 1;
  };

  /** The period, counted on through the repetitions, that `atMs` lies in; searched from where the last question was. */
  let timeHint = 0;
  const periodAt = (atMs: number): number => {
    while (known === 0 || (ends[known - 1] ?? 0) <= atMs) extend();
    while ((ends[timeHint] ?? 0) <= atMs) timeHint += 1;
    while (timeHint > 0 && (ends[timeHint - 1] ?? 0) > atMs) timeHint -= 1;
    return timeHint;
  };

  return {
    firstByte(atMs) {
      if (latency !== null) return atMs + latency;
      let at = atMs;
      let share = 1;
      for (let period = periodAt(atMs); ; period += 1) {
        while (period >= known) extend();
        const whole = latencies[period % count] ?? 0;
        const left = (ends[period] ?? 0) - at;
        if (share * whole <= left) return at + share * whole;
        share -= left / whole;
        at = ends[period] ?? 0;
      }
    },
    bitsAt(atMs) {
      const period = periodAt(atMs);
      return (sums[period] ?? 0) - ((ends[period] ?? 0) - atMs) * (rates[period % count] ?? 0);
    },
    timeOf(bits) {
      while (known === 0 || (sums[known - 1] ?? 0) < bits) extend();
      let period = timeHint;
      while (period > 0 && (sums[period - 1] ?? 0) >= bits) period -= 1;
      while ((sums[period] ?? 0) < bits) period += 1;
      return (ends[period] ?? 0) - ((sums[period] ?? 0) - bits) / (rates[period % count] ?? 0);
    },
  };
}
