import { describe, expect, it } from 'vitest';
import type { Fact } from '../media/playback-event.ts';
import { lolPlus } from './lol-plus.ts';
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
  live: { latency: 1.5, target: 1.5 },
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
  targetLatency: 1.5,
  audioTracks: [],
  textTracks: [],
};

const decided = (index: number, from: number | null, throughput: number, bufferLevel = 2): Fact => ({
  type: 'decision',
  trigger: 'next',
  strategy: 'lolPlus',
  segment: { number: 1, start: 1 },
  from,
  index,
  candidates: [0, 1, 2],
  reason: '',
  inputs: { throughput, latency: 0, bufferLevel, bufferTarget: 4, playbackRate: 1 },
});

describe('lolPlus', () => {
  it('takes the rendition nearest to the throughput it believes, and not one above it', () => {
    const strategy = lolPlus();
    tell(strategy, manifest);
    expect(strategy.decide(context(null, null)).index).toBe(0);
    // Bitrates are divided by √(1² + 2² + 4²) = 4.583. 90 % of 4.6 is 4.14 Mbit/s: all three fit, the highest is nearest.
    expect(strategy.decide(context(1, 4.6e6)).index).toBe(2);
    // 90 % of 4 is 3.6: the highest does not fit and weighs 100, 10 · 0.4/4.583 = 0.87, against √0.2 · 1.6/4.583 = 0.16.
    expect(strategy.decide(context(1, 4e6)).index).toBe(1);
  });

  it('falls to what the throughput carries when the present one would empty the buffer', () => {
    const strategy = lolPlus();
    tell(strategy, manifest);
    // 4 Mbit at 2.7 Mbit/s take 1.48 s: 0.5 s of buffer would not last; 2 Mbit/s is carried.
    expect(strategy.decide(context(2, 3e6, 0.5)).index).toBe(1);
    expect(strategy.decide(context(2, 1.5e6, 0.5)).index).toBe(0);
  });

  it('learns from what it was acted on, and only from that', () => {
    // Of 4.4 it believes 3.96 Mbit/s, too little for the highest by so little that it is still nearest: 0.087 against 0.19.
    const asked = context(1, 4.4e6);
    const strategy = lolPlus();
    tell(strategy, manifest);
    const answers = [1, 2, 3].map(() => strategy.decide(asked));
    expect(answers.map(({ index }) => index)).toEqual([2, 2, 2]);
    // Segment after segment at 2 Mbit/s with 3.6 to be had teaches the middle neuron that it stands for 3.6: now 0.035 away.
    for (let n = 0; n < 400; n += 1) tell(strategy, decided(1, 1, 4e6));
    expect(strategy.decide(asked).index).toBe(1);
  });

  it('plays a ladder of one rung, and is the same for the same seed', () => {
    const one = { ...context(0, 5e6), ladder: ladder.slice(0, 1), candidates: [0] };
    expect(lolPlus().decide(one).index).toBe(0);
    for (const seed of [1, 2, 3]) {
      expect(lolPlus({ seed }).decide(context(1, 3e6))).toEqual(lolPlus({ seed }).decide(context(1, 3e6)));
    }
  });

  it('names the option that is out of range', () => {
    expect(() => lolPlus({ targetLatency: 0 })).toThrow('targetLatency must be > 0, got 0');
  });
});
