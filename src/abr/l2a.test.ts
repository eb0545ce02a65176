import { describe, expect, it } from 'vitest';
import type { Fact } from '../media/playback-event.ts';
import { l2a, projectOntoSimplex } from './l2a.ts';
import type { AbrContext, AbrStrategy } from './strategy.ts';

const ladder = [1000, 2000, 4000].map((rate) => ({ id: `${rate}k`, bitrate: rate * 1000 }));

const context = (current: number | null, throughput: number | null, bufferLevel = 2): AbrContext => ({
  ladder,
  candidates: [0, 1, 2],
  current,
  segment: { number: 20, start: 20, duration: 1, sizes: null, remaining: null },
  bufferLevel,
  bufferTarget: 4,
  position: 0,
  playbackRate: 1,
  phase: 'steady',
  live: { latency: 2, target: 2 },
  now: 0,
  throughput,
  latency: 0,
  edge: null,
});

const tell = (strategy: AbrStrategy, ...facts: Fact[]): void => {
  for (const fact of facts) strategy.observe?.({ ...fact, at: 1 });
};

const manifest: Fact = {
  type: 'manifest',
  presentation: 'live',
  duration: null,
  ladder,
  segmentDuration: 1,
  targetLatency: 2,
  audioTracks: [],
  textTracks: [],
};

const downloaded = (mbps: number): Fact => ({
  type: 'request',
  id: 0,
  attempt: 1,
  kind: 'segment',
  url: 'x',
  segment: { track: 'video', rendition: 0, number: 0, start: 0, duration: 1 },
  start: 0,
  firstByte: 0,
  bytes: (mbps * 1e6) / 8,
  status: 200,
  outcome: 'ok',
  fromCache: false,
  error: null,
});

const decided = (index: number, from: number | null, throughput: number, bufferLevel = 2): Fact => ({
  type: 'decision',
  trigger: 'next',
  strategy: 'l2a',
  segment: { number: 1, start: 1 },
  from,
  index,
  candidates: [0, 1, 2],
  reason: '',
  inputs: { throughput, latency: 0, bufferLevel, bufferTarget: 4, playbackRate: 1 },
});

describe('projectOntoSimplex', () => {
  it('leaves a distribution as it is and finds the nearest one to anything else', () => {
    expect(projectOntoSimplex([0.2, 0.3, 0.5])).toEqual([0.2, 0.3, 0.5]);
    expect(projectOntoSimplex([2, 0])).toEqual([1, 0]);
    // (0.5 + 0.7 + 0.1 − 1)/3 = 0.1 off each.
    const near = projectOntoSimplex([0.5, 0.7, 0.1]);
    for (const [at, value] of [0.4, 0.6, 0].entries()) expect(near[at]).toBeCloseTo(value, 12);
    expect(projectOntoSimplex([-3])).toEqual([1]);
  });
});

describe('l2a', () => {
  it('goes by 90 % of the throughput until 1.5 s are buffered', () => {
    const strategy = l2a();
    expect(strategy.decide(context(null, null)).index).toBe(0);
    tell(strategy, manifest, downloaded(2.3));
    expect(strategy.decide(context(0, 2.3e6, 1)).index).toBe(1);
    tell(strategy, decided(1, 0, 2.3e6, 1));
    expect(strategy.decide(context(1, 4.5e6, 1)).index).toBe(2);
  });

  it('then learns: up, a rung at a time, while the last download left room, and down when it did not', () => {
    const strategy = l2a();
    tell(strategy, manifest, downloaded(1.5), decided(0, null, 1.5e6));
    // Certain of the lowest, multiplier V = 4^0.99 = 3.945, α = max(4, 2V) = 7.89, step (1/2α)·2V = 0.5: at 20 Mbit/s the
    // weights move by 0.5·load = +0.025, +0.05, +0.1 and on the simplex to 0.917, 0, 0.083 … the mean is nearest to the lowest.
    tell(strategy, downloaded(20));
    expect(strategy.decide(context(0, 20e6)).index).toBe(0);
    // At 4.1 Mbit/s: +0.122, +0.244, +0.488: 0.817, 0, 0.183: mean 1.55 Mbit/s, nearer to 2 than to 1; up one.
    tell(strategy, downloaded(4.1));
    expect(strategy.decide(context(0, 4.1e6)).index).toBe(1);
    // At 1.9 Mbit/s both upper rungs are over the throughput and lose weight.
    tell(strategy, downloaded(1.9));
    expect(strategy.decide(context(0, 1.9e6)).index).toBe(0);
  });

  it('answers the same however often it is asked', () => {
    const strategy = l2a();
    tell(strategy, manifest, downloaded(4.1), decided(0, null, 1.5e6));
    const answers = [1, 2, 3].map(() => strategy.decide(context(0, 4.1e6)));
    expect(answers[2]).toEqual(answers[0]);
  });

  it('names the option that is out of range', () => {
    expect(() => l2a({ horizon: 0 })).toThrow('horizon must be > 0, got 0');
  });
});
