import { describe, expect, it } from 'vitest';
import type { EventOf } from '../media/playback-event.ts';
import { bola } from './bola.ts';
import type { AbrContext, DownloadProgress } from './strategy.ts';

const ladderOf = (...kbps: number[]) => kbps.map((rate) => ({ id: `${rate}k`, bitrate: rate * 1000 }));

function context(over: Partial<AbrContext> & { number?: number; remaining?: number | null } = {}): AbrContext {
  const { number = 100, remaining = 99, ...rest } = over;
  const ladder = rest.ladder ?? ladderOf(1000, 2000);
  return {
    ladder,
    candidates: ladder.map((_, index) => index),
    current: 0,
    segment: { number, start: number * 3, duration: 3, sizes: null, remaining },
    bufferLevel: 10,
    bufferTarget: 25,
    position: 0,
    playbackRate: 1,
    phase: 'steady',
    live: null,
    now: 0,
    throughput: 100e6,
    latency: 0.1,
    edge: null,
    ...rest,
  };
}

const decision = (index: number, number: number, trigger: 'next' | 'abandon' = 'next'): EventOf<'decision'> => ({
  type: 'decision',
  at: 0,
  trigger,
  strategy: 'bola',
  segment: { number, start: number * 3 },
  from: null,
  index,
  candidates: [0, 1],
  reason: '',
  inputs: { throughput: 1e6, latency: 0.1, bufferLevel: 3, bufferTarget: 25, playbackRate: 1 },
});

describe('bola', () => {
  it('goes up where the scores of two rungs cross', () => {
    // V·p = (25 − 3) / (ln 2 + 5) = 3.86431 s; (5V − Q)/1000 = ((5 + ln 2)V − Q)/2000 at Q = V·(5 − ln 2) = 16.643 s.
    const strategy = bola({ variant: 'basic' });
    expect(strategy.decide(context({ bufferLevel: 16.6 })).index).toBe(0);
    expect(strategy.decide(context({ bufferLevel: 16.7 })).index).toBe(1);
  });

  it('steers live by what the distance to the edge holds, not by a buffer that never fills', () => {
    // V·p = (12 − 3) / (ln 2 + 5) = 1.58085 s: crossing at 6.8085 s; with the 25 s of the engine it were 16.643 s, out of reach.
    const strategy = bola({ variant: 'basic' });
    const live = { latency: 12, target: 12 };
    expect(strategy.decide(context({ live, bufferLevel: 6.8 })).index).toBe(0);
    expect(strategy.decide(context({ live, bufferLevel: 6.9 })).index).toBe(1);
    // An edge that is further away than the engine's target changes nothing, nor one at no known distance.
    for (const target of [40, null]) {
      expect(strategy.decide(context({ live: { latency: 40, target }, bufferLevel: 16.6 })).index).toBe(0);
      expect(strategy.decide(context({ live: { latency: 40, target }, bufferLevel: 16.7 })).index).toBe(1);
    }
  });

  it('steers by less buffer near the beginning', () => {
    // 10 segments played: capacity 10/2 · 3 = 15 s, V·p = 12 / 5.693147 = 2.10780, crossing at 9.0780 s.
    const strategy = bola();
    strategy.observe?.(decision(0, 0));
    expect(strategy.decide(context({ number: 10, bufferLevel: 9 })).index).toBe(0);
    expect(strategy.decide(context({ number: 10, bufferLevel: 9.1 })).index).toBe(1);
    // 12 left: capacity 18 s, V·p = 2.63475, crossing at 11.3475 s.
    expect(strategy.decide(context({ number: 187, remaining: 12, bufferLevel: 11.3 })).index).toBe(0);
    expect(strategy.decide(context({ number: 187, remaining: 12, bufferLevel: 11.4 })).index).toBe(1);
  });

  it('counts what was played from where playback began, not from the start of the presentation', () => {
    const strategy = bola();
    strategy.observe?.(decision(0, 500));
    // 6 played or fewer: capacity 9 s, V·p = 6 / 5.693147 = 1.0539, crossing at 4.539 s.
    expect(strategy.decide(context({ number: 502, remaining: null, bufferLevel: 4.6 })).index).toBe(1);
    expect(bola().decide(context({ number: 502, remaining: null, bufferLevel: 4.6 })).index).toBe(1);
  });

  it('rises one rung above what the network sustains, or stays and waits as BOLA-O', () => {
    const ladder = ladderOf(1000, 2000, 4000);
    // 3 s of 1000 kbit/s at 1.2 Mbit/s take 2.6 s with the latency; 2000 take 5.1 s.
    const asked = context({ ladder, bufferLevel: 24, throughput: 1.2e6 });
    expect(bola({ variant: 'basic' }).decide(asked).index).toBe(1);
    // V·p = 22 / (ln 4 + 5) = 3.44496; full at rung 0 from 5V = 17.2248 s: 6.7752 s too much.
    const waiting = bola({ variant: 'O' });
    waiting.observe?.(decision(0, 0));
    const wait = waiting.decide(asked);
    expect(wait.index).toBe(0);
    expect(wait.wait).toBeCloseTo(24 - (5 * 22) / (Math.log(4) + 5), 9);
  });

  it('does not fall to what the network sustains while the buffer asks for more', () => {
    const ladder = ladderOf(1000, 2000, 4000);
    const strategy = bola({ variant: 'basic' });
    strategy.observe?.(decision(1, 99));
    expect(strategy.decide(context({ ladder, bufferLevel: 24, throughput: 0.9e6 })).index).toBe(1);
  });

  it('takes the lowest before there is an estimate, and answers the same however often it is asked', () => {
    const strategy = bola();
    expect(strategy.decide(context({ throughput: null, bufferLevel: 24 })).index).toBe(0);
    const asked = context({ bufferLevel: 24 });
    expect(strategy.decide(asked)).toEqual(strategy.decide(asked));
  });

  it('gives a download up when a lower rung scores better than what is left of it', () => {
    const strategy = bola({ bufferCapacity: 25 });
    const asked = context({ bufferLevel: 3 });
    const progress = (bytes: number): DownloadProgress => ({
      index: 1,
      elapsed: 2,
      firstByte: 0.1,
      bytes,
      totalBytes: 750_000,
    });
    // At Q = 3 s: going on (5.693·3.864 − 3) / left against (5·3.864 − 3) / 3 Mbit = 5.440e-6; left is 6 Mbit less what came.
    // 19 / left < 16.32 / 3 Mbit while left > 3.4926 Mbit: given up at 0.25 MB (4 Mbit left), not at 0.32 MB (3.44 Mbit).
    expect(strategy.abandon?.(asked, progress(250_000))?.index).toBe(0);
    expect(strategy.abandon?.(asked, progress(320_000))).toBeNull();
    expect(bola({ variant: 'basic' }).abandon?.(asked, progress(250_000))).toBeNull();
  });

  it('names the option that is out of range', () => {
    expect(() => bola({ gammaP: 0 })).toThrow('gammaP must be > 0, got 0');
    expect(() => bola({ bufferCapacity: -1 })).toThrow('bufferCapacity must be > 0 s, got -1');
  });
});
