import { describe, expect, it } from 'vitest';
import type { Fact } from '../media/playback-event.ts';
import { droppedFrames, guarded, insufficientBuffer, minimumBuffer, switchHistory } from './guards.ts';
import type { AbrContext, AbrStrategy } from './strategy.ts';

const ladder = [1000, 2000, 4000].map((rate) => ({ id: `${rate}k`, bitrate: rate * 1000 }));

const context = (over: Partial<AbrContext> = {}): AbrContext => ({
  ladder,
  candidates: [0, 1, 2],
  current: 1,
  segment: { number: 20, start: 60, duration: 3, sizes: null, remaining: 100 },
  bufferLevel: 10,
  bufferTarget: 25,
  position: 0,
  playbackRate: 1,
  phase: 'steady',
  live: null,
  now: 0,
  throughput: 5e6,
  latency: 0,
  edge: null,
  ...over,
});

/** Always the same, and remembers what it was told. */
const always = (index: number): AbrStrategy & { readonly told: string[] } => {
  const told: string[] = [];
  return {
    name: 'always',
    told,
    decide: () => ({ index, reason: 'wants it' }),
    observe: ({ type }) => told.push(type),
  };
};

const tell = (strategy: AbrStrategy, ...facts: Fact[]): void => {
  for (const fact of facts) strategy.observe?.({ ...fact, at: 0 });
};

const decision = (from: number, index: number): Fact => ({
  type: 'decision',
  trigger: 'next',
  strategy: 'always',
  segment: { number: 0, start: 0 },
  from,
  index,
  candidates: [0, 1, 2],
  reason: '',
  inputs: { throughput: null, latency: null, bufferLevel: 10, bufferTarget: 25, playbackRate: 1 },
});

const buffered: Fact = { type: 'buffered', track: 'video', rendition: 0, start: 0, end: 3, bytes: 1 };

describe('guarded', () => {
  it('lowers the choice to the lowest limit, says whose it was, and passes every fact on', () => {
    const inner = always(2);
    const strategy = guarded(inner, [
      { name: 'first', limit: () => ({ index: 1, reason: 'so so' }) },
      { name: 'second', limit: () => ({ index: 0, reason: 'no' }) },
      { name: 'third', limit: () => null },
    ]);
    expect(strategy.name).toBe('always+first+second+third');
    expect(strategy.decide(context())).toEqual({ index: 0, reason: 'wants it; first: so so; second: no' });
    tell(strategy, buffered);
    expect(inner.told).toEqual(['buffered']);
  });

  it('never raises, and keeps to the candidates', () => {
    const high = guarded(always(0), [{ name: 'high', limit: () => ({ index: 2, reason: 'x' }) }]);
    expect(high.decide(context())).toEqual({ index: 0, reason: 'wants it' });
    const odd = guarded(always(2), [{ name: 'odd', limit: () => ({ index: 1, reason: 'x' }) }]);
    expect(odd.decide(context({ candidates: [0, 2] })).index).toBe(0);
  });

  it('leaves abandonment to the strategy, and without one to the controller', () => {
    expect(guarded(always(2), []).abandon).toBeUndefined();
    const quits: AbrStrategy = { ...always(2), abandon: () => ({ index: 0, reason: 'quits' }) };
    const progress = { index: 2, elapsed: 1, firstByte: 0.1, bytes: 1, totalBytes: 9 };
    expect(guarded(quits, []).abandon?.(context(), progress)?.reason).toBe('quits');
  });
});

describe('insufficientBuffer', () => {
  it('allows what arrives before the buffer is empty, at 70 % of the throughput', () => {
    const strategy = guarded(always(2), [insufficientBuffer()]);
    tell(strategy, buffered, buffered);
    // 5 · 0.7 · level / 3 ≥ 4 Mbit/s from 3.43 s on; ≥ 2 from 1.71 s on.
    expect(strategy.decide(context({ bufferLevel: 3.5 })).index).toBe(2);
    expect(strategy.decide(context({ bufferLevel: 3.4 })).index).toBe(1);
    expect(strategy.decide(context({ bufferLevel: 0 })).index).toBe(0);
  });

  it('lets the first two segments after a start or a seek pass', () => {
    const strategy = guarded(always(2), [insufficientBuffer()]);
    tell(strategy, buffered);
    expect(strategy.decide(context({ bufferLevel: 0.1 })).index).toBe(2);
    tell(strategy, buffered);
    expect(strategy.decide(context({ bufferLevel: 0.1 })).index).toBe(0);
    tell(strategy, { type: 'seeking', position: 9 });
    expect(strategy.decide(context({ bufferLevel: 0.1 })).index).toBe(2);
  });
});

describe('switchHistory', () => {
  it('forbids a rendition that was lately left downwards', () => {
    const strategy = guarded(always(2), [switchHistory()]);
    tell(strategy, decision(1, 1), decision(1, 2), decision(2, 1), decision(1, 1), decision(1, 2), decision(2, 2));
    expect(strategy.decide(context()).index).toBe(2);
    // Eight decisions, one drop against seven others: 0.14 > 0.075.
    tell(strategy, decision(2, 2), decision(2, 2));
    expect(strategy.decide(context()).index).toBe(1);
    // Six more push the drop out of the last eight.
    tell(strategy, ...[1, 1, 1, 1, 1, 1].map((from) => decision(from, from)));
    expect(strategy.decide(context()).index).toBe(2);
  });
});

describe('droppedFrames', () => {
  it('forbids what the device could not show, and all above it', () => {
    const strategy = guarded(always(2), [droppedFrames()]);
    const sample = (dropped: number, total: number): Fact => ({
      type: 'sample',
      position: 0,
      bufferLevel: 9,
      droppedFrames: dropped,
      totalFrames: total,
      latency: null,
    });
    tell(strategy, { type: 'renditionChange', index: 0, position: 0 }, sample(0, 0), sample(200, 1000));
    // Everything so far was at the lowest: nothing under it to fall to.
    expect(strategy.decide(context()).index).toBe(2);
    tell(strategy, { type: 'renditionChange', index: 1, position: 9 }, sample(256, 1375));
    // 375 frames at rendition 1 are not over 375 yet.
    expect(strategy.decide(context()).index).toBe(2);
    // 57 of 376: 15.2 %.
    tell(strategy, sample(257, 1376));
    expect(strategy.decide(context()).index).toBe(0);
  });
});

describe('minimumBuffer', () => {
  it('allows no step up on a small buffer, once playback runs', () => {
    const strategy = guarded(always(2), [minimumBuffer(8)]);
    expect(strategy.decide(context({ bufferLevel: 7.9 })).index).toBe(1);
    expect(strategy.decide(context({ bufferLevel: 8 })).index).toBe(2);
    expect(strategy.decide(context({ bufferLevel: 1, phase: 'startup' })).index).toBe(2);
    expect(strategy.decide(context({ bufferLevel: 1, current: 2 })).index).toBe(2);
  });

  it('names a value that is out of range', () => {
    expect(() => minimumBuffer(-1)).toThrow('seconds must be >= 0, got -1');
    expect(() => switchHistory({ sampleSize: 0 })).toThrow('sampleSize must be a whole number > 0, got 0');
  });
});
