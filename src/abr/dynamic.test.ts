import { describe, expect, it } from 'vitest';
import type { PlaybackEvent } from '../media/playback-event.ts';
import { dynamic } from './dynamic.ts';
import type { AbrContext, AbrStrategy } from './strategy.ts';

const ladder = [1000, 2000, 4000].map((rate) => ({ id: `${rate}k`, bitrate: rate * 1000 }));
const candidates = [0, 1, 2];

const context = (bufferLevel: number, throughput: number | null): AbrContext => ({
  ladder,
  candidates,
  current: 0,
  segment: { number: 100, start: 300, duration: 3, sizes: null, remaining: 99 },
  bufferLevel,
  bufferTarget: 25,
  position: 0,
  playbackRate: 1,
  phase: 'steady',
  live: null,
  now: 0,
  throughput,
  latency: 0,
  edge: null,
});

function begun(): AbrStrategy {
  const strategy = dynamic();
  const manifest: PlaybackEvent = {
    type: 'manifest',
    at: 0,
    presentation: 'vod',
    duration: 597,
    ladder,
    segmentDuration: 3,
    targetLatency: null,
    audioTracks: [],
    textTracks: [],
  };
  strategy.observe?.(manifest);
  strategy.observe?.({ type: 'playing', at: 0, position: 0 });
  // BOLA's ramp starts at the first segment; without an estimate it took the lowest.
  take(strategy, 0, 0, null);
  return strategy;
}

/** The decision as it would be made and acted on. */
function take(strategy: AbrStrategy, number: number, bufferLevel: number, throughput: number | null): number {
  const asked = context(bufferLevel, throughput);
  const { index, reason } = strategy.decide(asked);
  strategy.observe?.({
    type: 'decision',
    at: number * 3,
    trigger: 'next',
    strategy: 'dynamic',
    segment: { number, start: number * 3 },
    from: 0,
    index,
    candidates,
    reason,
    inputs: { throughput, latency: 0, bufferLevel, bufferTarget: 25, playbackRate: 1 },
  });
  return index;
}

// Three rungs: V·p = 22 / (ln 4 + 5) = 3.44496 s. BOLA goes from 1000 to 2000 kbit/s at V·p·(5 − ln 2) = 14.837 s of buffer and
// from 2000 to 4000 at V·p·(2·(5 + ln 2) − (5 + ln 4)) = 17.225 s.
describe('dynamic', () => {
  it('goes by throughput while the buffer is low', () => {
    const strategy = begun();
    expect(take(strategy, 100, 9, 5e6)).toBe(2);
    expect(strategy.decide(context(9, 5e6)).reason).toContain('by throughput');
  });

  it('hands over to BOLA once the buffer is over 10 s and BOLA does not ask for less', () => {
    const strategy = begun();
    // Throughput sustains 2000; BOLA at 12 s asks for 1000: stays. At 15 s it asks for 2000 as well.
    expect(strategy.decide(context(12, 2.5e6)).reason).toContain('by throughput');
    expect(strategy.decide(context(15, 2.5e6)).reason).toContain('by BOLA');
    expect(strategy.decide(context(15, 2.5e6)).index).toBe(1);
  });

  it('stays with BOLA above 10 s even when BOLA asks for less, and goes back below', () => {
    const strategy = begun();
    take(strategy, 100, 18, 5e6);
    // Now by BOLA: at 12 s it asks for 1000 although 4000 would be sustained.
    expect(take(strategy, 101, 12, 6e6)).toBe(0);
    expect(strategy.decide(context(10, 6e6)).reason).toContain('by BOLA');
    expect(strategy.decide(context(9.9, 6e6)).reason).toContain('by throughput');
    expect(strategy.decide(context(9.9, 6e6)).index).toBe(2);
  });

  it('takes the lowest before there is an estimate', () => {
    expect(dynamic().decide(context(20, null)).index).toBe(0);
  });

  it('names the option that is out of range', () => {
    expect(() => dynamic({ lowBuffer: 0 })).toThrow('lowBuffer must be > 0 s, got 0');
    expect(() => dynamic({ safety: 2 })).toThrow('safety must be over 0 and at most 1, got 2');
    expect(() => dynamic({ gammaP: -1 })).toThrow('gammaP must be > 0, got -1');
  });
});
