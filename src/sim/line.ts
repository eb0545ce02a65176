import type { Network, NetworkStep } from './network.ts';
import type { Playhead } from './playhead.ts';
import type { SoundTrack } from './sound-track.ts';

/** Time passing, ms and bits: the link brings what is asked for, while media is played and sound is fetched beside it. */
export interface Line {
  wait(timeMs: number): void;
  /** One request and all its bits; returns the ms until the first of them. */
  fetch(bits: number): number;
  /** The latency of one request, or a share of it, as {@link Network.latency}. */
  latency(share: number, limitMs: number): NetworkStep;
  /** Bits until both minima are passed, as {@link Network.step}. */
  step(bits: number, minimumBits: number, minimumMs: number): NetworkStep;
  /** Bits that came beside since the first byte of the last request. */
  beside(): number;
}

/** A line that carries one download at a time. */
export function line(link: Network, head: Playhead): Line {
  const passed = (step: NetworkStep): NetworkStep => {
    head.advance(step.timeMs);
    return step;
  };
  return {
    wait(timeMs) {
      link.wait(timeMs);
      head.advance(timeMs);
    },
    fetch(bits) {
      const { timeMs } = link.latency(1, Number.POSITIVE_INFINITY);
      head.advance(timeMs + link.transfer(bits));
      return timeMs;
    },
    latency: (share, limitMs) => passed(link.latency(share, limitMs)),
    step: (bits, minimumBits, minimumMs) => passed(link.step(bits, minimumBits, minimumMs)),
    beside: () => 0,
  };
}

/** A line that the sound is on as well: two downloads share the bandwidth in equal parts. A request keeps the latency that it left with. */
export function sharedLine(link: Network, head: Playhead, sound: SoundTrack): Line {
  let came = 0;
  /** Until this many ms have passed, the bits are there, or something happens to the sound. */
  const pass = (bits: number, limitMs: number): { readonly bits: number; readonly timeMs: number } => {
    const beside = sound.bits();
    const until = Math.min(limitMs, sound.timerMs());
    const flows = (bits > 0 ? 1 : 0) + (beside > 0 ? 1 : 0);
    if (flows === 0) {
      link.wait(until);
      head.advance(until);
      sound.pass(until, 0);
      return { bits: 0, timeMs: until };
    }
    const least = Math.min(bits > 0 ? bits : beside, beside > 0 ? beside : bits);
    const { left, timeMs } = link.step(least * flows, 0, until);
    const each = left === 0 ? least : least - left / flows;
    if (beside > 0) came += each;
    head.advance(timeMs);
    sound.pass(timeMs, beside > 0 ? each : 0);
    return { bits: bits > 0 ? each : 0, timeMs };
  };
  const wait = (timeMs: number): void => {
    for (let left = timeMs; left > 0; ) left -= pass(0, left).timeMs;
  };
  return {
    wait,
    fetch(bits) {
      const latencyMs = link.latencyMs();
      wait(latencyMs);
      came = 0;
      for (let left = bits; left > 0; ) left -= pass(left, Number.POSITIVE_INFINITY).bits;
      return latencyMs;
    },
    latency(share, limitMs) {
      const whole = link.latencyMs();
      const timeMs = Math.min(share * whole, limitMs);
      wait(timeMs);
      came = 0;
      return { left: timeMs < share * whole ? share - timeMs / whole : 0, timeMs };
    },
    step(bits, minimumBits, minimumMs) {
      let left = bits;
      let timeMs = 0;
      for (;;) {
        const wanted = Math.min(left, Math.max(minimumBits - (bits - left), 0));
        const time = Math.max(minimumMs - timeMs, 0);
        if (left <= 0 || (wanted <= 0 && time <= 0)) return { left, timeMs };
        // The time first, then what bits are missing; never more than there are.
        const part = time > 0 ? pass(left, time) : pass(wanted, Number.POSITIVE_INFINITY);
        left -= part.bits;
        timeMs += part.timeMs;
      }
    },
    beside: () => came,
  };
}
