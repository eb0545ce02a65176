import { describe, expect, it } from 'vitest';
import type { EventOf } from '../media/playback-event.ts';
import type { AbrContext } from './strategy.ts';
import { throughput } from './throughput.ts';

const ladder = [1000, 2000, 4000].map((rate) => ({ id: `${rate}k`, bitrate: rate * 1000 }));

const context = (over: Partial<AbrContext> = {}): AbrContext => ({
  ladder,
  candidates: [0, 1, 2],
  current: 0,
  segment: { number: 5, start: 15, duration: 3, sizes: null, remaining: 10 },
  bufferLevel: 20,
  bufferTarget: 25,
  position: 0,
  playbackRate: 1,
  phase: 'steady',
  live: null,
  now: 0,
  throughput: 5e6,
  latency: 0.1,
  edge: null,
  ...over,
});

const decision = (estimate: number | null): EventOf<'decision'> => ({
  type: 'decision',
  at: 0,
  trigger: 'next',
  strategy: 'throughput',
  segment: { number: 1, start: 3 },
  from: null,
  index: 0,
  candidates: [0, 1, 2],
  reason: '',
  inputs: { throughput: estimate, latency: 0.1, bufferLevel: 3, bufferTarget: 25, playbackRate: 1 },
});

describe('throughput', () => {
  it('takes the highest whose segment arrives within its own duration at 90 % of the estimate', () => {
    // 4 Mbit/s · 3 s = 12 Mbit; 12 / (0.9·e) + 0.1 ≤ 3 from e = 4.5977 Mbit/s on.
    expect(throughput().decide(context({ throughput: 4.59e6 })).index).toBe(1);
    expect(throughput().decide(context({ throughput: 4.6e6 })).index).toBe(2);
  });

  it('asks for nothing that the buffer would not outlast, and trusts it less with each decision', () => {
    // 12 Mbit at 5 Mbit/s against 0.9 · (level − 0.1): enough from 2.7667 s on.
    const strategy = throughput();
    expect(strategy.decide(context({ bufferLevel: 2.7 })).index).toBe(1);
    expect(strategy.decide(context({ bufferLevel: 2.8 })).index).toBe(2);
    // After one decision with an estimate it is 0.81: from 3.0630 s on; after many 0.5: from 4.9 s on.
    strategy.observe?.(decision(null));
    expect(strategy.decide(context({ bufferLevel: 2.8 })).index).toBe(2);
    strategy.observe?.(decision(5e6));
    expect(strategy.decide(context({ bufferLevel: 3.05 })).index).toBe(1);
    expect(strategy.decide(context({ bufferLevel: 3.07 })).index).toBe(2);
    for (let more = 0; more < 20; more += 1) strategy.observe?.(decision(5e6));
    expect(strategy.decide(context({ bufferLevel: 4.89 })).index).toBe(1);
    expect(strategy.decide(context({ bufferLevel: 4.91 })).index).toBe(2);
  });

  it('does not speak of an empty buffer before playback runs, and can be told not to at all', () => {
    expect(throughput().decide(context({ phase: 'startup', bufferLevel: 0 })).index).toBe(2);
    expect(throughput({ insufficientBuffer: false }).decide(context({ bufferLevel: 0 })).index).toBe(2);
  });

  it('chooses among the candidates only', () => {
    expect(throughput().decide(context({ candidates: [0, 2], throughput: 3e6 })).index).toBe(0);
    expect(throughput().decide(context({ candidates: [1, 2], throughput: 1e5 })).index).toBe(1);
    expect(throughput().decide(context({ candidates: [1, 2], throughput: null })).index).toBe(1);
  });

  it('gives up a download over 1.8 segment durations for what its own rate sustains', () => {
    const strategy = throughput();
    const asked = context({ latency: 0 });
    const progress = (elapsed: number, bytes: number) =>
      ({ index: 2, elapsed, firstByte: 0, bytes, totalBytes: 1_500_000 }) as const;
    // 12 Mbit, 2.2 Mbit in 1 s: 5.45 s in all, over 5.4; 0.9 · 2.2 = 1.98 sustains 1 Mbit/s, 3 Mbit against 9.8 left.
    expect(strategy.abandon?.(asked, progress(1, 275_000))?.index).toBe(0);
    // 2.4 Mbit in 1 s: 5 s in all.
    expect(strategy.abandon?.(asked, progress(1, 300_000))).toBeNull();
    expect(strategy.abandon?.(asked, progress(0.49, 1_000))).toBeNull();
    expect(strategy.abandon?.(asked, { ...progress(2, 0), firstByte: null })).toBeNull();
  });

  it('names the option that is out of range', () => {
    expect(() => throughput({ safety: 1.1 })).toThrow('safety must be over 0 and at most 1, got 1.1');
  });
});
