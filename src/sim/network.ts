import type { NetworkTrace } from './network-trace.ts';

/** What one step of a download came to: `left` is what is still to come (bits, or a share of the latency), `timeMs` is what it took. */
export interface NetworkStep {
  readonly left: number;
  readonly timeMs: number;
}

/**
 * One connection over a network trace, by the model of Sabre: time passes only in these calls, bits flow one download at
 * a time at the full bandwidth, and the trace starts over at its end.
 *
 * It counts in ms and bits/ms, as Sabre does: its rules look every 50 ms and compare with round numbers (500 ms), and in
 * binary fractions of a second ten such looks do not add up to one half.
 *
 * @see UMass-LIDS/sabre, `src/sabre.py`, class NetworkModel
 */
export interface Network {
  /** Of a request that leaves now. */
  latencyMs(): number;
  /**
   * Waits out the latency of one request, or `share` of it, for at most `limitMs`; where the latency changes on the way each
   * part counts by its own. No bits flow. `left` is the share still to wait.
   */
  latency(share: number, limitMs: number): NetworkStep;
  /** Brings all the bits, and returns the ms it took. */
  transfer(bits: number): number;
  /** Brings bits until both minima are passed, or all `bits` are there. */
  step(bits: number, minimumBits: number, minimumMs: number): NetworkStep;
  /** Lets time pass. */
  wait(timeMs: number): void;
}

/** s as ms, whole numbers of them exactly. */
export function toMs(time: number): number {
  const ms = time * 1000;
  const whole = Math.round(ms);
  return Math.abs(ms - whole) < 1e-9 ? whole : ms;
}

/** Whether a trace carries at least 1 bit/s on average: anything slower is as good as none, and would be simulated for ever. */
export function letsThrough({ periods }: NetworkTrace): boolean {
  let bits = 0;
  let time = 0;
  for (const { duration, bandwidth } of periods) {
    bits += duration * bandwidth;
    time += duration;
  }
  return time > 0 && bits >= time;
}

/** @throws RangeError unless {@link letsThrough} */
export function requireThroughput(trace: NetworkTrace): void {
  if (letsThrough(trace)) return;
  throw new RangeError(`trace '${trace.id}' must let at least 1 bit/s through on average, got less`);
}

/**
 * A connection at the beginning of a trace.
 *
 * @throws RangeError if the trace lets less than 1 bit/s through on average
 */
export function network(trace: NetworkTrace): Network {
  requireThroughput(trace);
  const periods = trace.periods.map(({ duration, bandwidth, latency }) => ({
    durationMs: toMs(duration),
    bitsPerMs: bandwidth / 1000,
    latencyMs: toMs(latency),
  }));
  const count = periods.length;
  let index = -1;
  let left = 0;
  let bandwidth = 0;
  let latency = 0;
  const next = (): void => {
    index = index + 1 === count ? 0 : index + 1;
    const period = periods[index];
    if (period === undefined) return;
    left = period.durationMs;
    bandwidth = period.bitsPerMs;
    latency = period.latencyMs;
  };
  next();

  return {
    latencyMs: () => latency,
    latency(share, limitMs) {
      let total = 0;
      let remaining = share;
      while (remaining > 0 && total < limitMs) {
        const time = Math.min(remaining * latency, limitMs - total);
        const whole = time === remaining * latency;
        if (time <= left) {
          left -= time;
          remaining = whole ? 0 : remaining - time / latency;
          total += time;
        } else {
          total += left;
          remaining -= left / latency;
          next();
        }
      }
      return { left: Math.max(remaining, 0), timeMs: total };
    },
    transfer(bits) {
      let total = 0;
      let remaining = bits;
      while (remaining > 0) {
        const available = left * bandwidth;
        if (remaining <= available) {
          const time = remaining / bandwidth;
          left -= time;
          return total + time;
        }
        total += left;
        remaining -= available;
        next();
      }
      return total;
    },
    step(bits, minimumBits, minimumMs) {
      let remaining = bits;
      let total = 0;
      let leastBits = minimumBits;
      let leastTime = minimumMs;
      while (remaining > 0 && (leastBits > 0 || leastTime > 0)) {
        const available = left * bandwidth;
        const wanted = Math.min(remaining, Math.max(leastBits, leastTime * bandwidth));
        if (bandwidth > 0 && wanted <= available) {
          const time = wanted / bandwidth;
          left -= time;
          return { left: remaining - wanted, timeMs: total + time };
        }
        if (bandwidth === 0 && leastBits <= 0 && leastTime <= left) {
          left -= leastTime;
          return { left: remaining, timeMs: total + leastTime };
        }
        total += left;
        remaining -= available;
        leastBits -= available;
        leastTime -= left;
        next();
      }
      return { left: remaining, timeMs: total };
    },
    wait(timeMs) {
      let rest = timeMs;
      while (rest > left) {
        rest -= left;
        next();
      }
      left -= rest;
    },
  };
}
