import { describe, expect, it } from 'vitest';
import type { PlaybackEvent } from '../media/playback-event.ts';
import { bba } from './bba.ts';
import type { AbrContext, AbrStrategy } from './strategy.ts';

const ladder = [1000, 2000, 4000].map((rate) => ({ id: `${rate}k`, bitrate: rate * 1000 }));

const bytes = (...megabits: number[]): number[] => megabits.map((mbit) => (mbit * 1e6) / 8);

const context = (
  bufferLevel: number,
  current: number | null,
  over: Partial<AbrContext['segment']> = {},
): AbrContext => ({
  ladder,
  candidates: [0, 1, 2],
  current,
  segment: { number: 20, start: 60, duration: 3, sizes: null, remaining: 100, ...over },
  bufferLevel,
  bufferTarget: 25,
  position: 0,
  playbackRate: 1,
  phase: 'steady',
  live: null,
  now: 0,
  throughput: 5e6,
  latency: 0,
  edge: null,
});

/** A download of a 3 s segment that took `time`. */
const downloaded = (strategy: AbrStrategy, time: number): void => {
  const event: PlaybackEvent = {
    type: 'request',
    at: time,
    id: 0,
    attempt: 1,
    kind: 'segment',
    url: 'x',
    segment: { track: 'video', rendition: 0, number: 0, start: 0, duration: 3 },
    start: 0,
    firstByte: 0,
    bytes: 1,
    status: 200,
    outcome: 'ok',
    fromCache: false,
    error: null,
  };
  strategy.observe?.(event);
};

// Capacity 25 − 3 = 22 s: reservoir to 8.25 s, full from 19.8 s; between them the map rises from 3 to 12 Mbit a segment.
describe('bba', () => {
  it('takes the lowest within the reservoir and the highest above the cushion', () => {
    const strategy = bba({ variant: 0 });
    expect(strategy.decide(context(8.2, 2)).index).toBe(0);
    expect(strategy.decide(context(19.8, 0)).index).toBe(2);
    expect(strategy.decide(context(19, null)).index).toBe(0);
  });

  it('leaves a rendition only when the map has passed the next one', () => {
    const strategy = bba({ variant: 0 });
    // 6 Mbit are allowed from 8.25 + 11.55 / 3 = 12.1 s on.
    expect(strategy.decide(context(12, 0)).index).toBe(0);
    expect(strategy.decide(context(12.2, 0)).index).toBe(1);
    expect(strategy.decide(context(12.2, 2)).index).toBe(2);
    expect(strategy.decide(context(12, 2)).index).toBe(1);
    expect(strategy.decide(context(19.7, 1)).index).toBe(1);
  });

  it('maps to the sizes of the next segment, over a reservoir that the segments ahead need', () => {
    const strategy = bba({ variant: 1 });
    const sizes = bytes(3, 5, 12);
    // Ahead everything is as declared: two segments of reservoir, 6 s. 5 Mbit from 6 + 13.8 · 2/9 = 9.067 s on.
    const level = { sizes, upcoming: [bytes(3, 6, 12), bytes(3, 6, 12)] };
    expect(strategy.decide(context(9, 0, level)).index).toBe(0);
    expect(strategy.decide(context(9.1, 0, level)).index).toBe(1);
    // Three segments of twice the size ahead: 9 s of reservoir.
    const heavy = { sizes, upcoming: [bytes(6, 6, 12), bytes(6, 6, 12), bytes(6, 6, 12)] };
    expect(strategy.decide(context(9.1, 0, heavy)).index).toBe(0);
    expect(strategy.decide(context(9.1, 2, heavy)).index).toBe(1);
    expect(strategy.decide(context(8.9, 2, heavy)).index).toBe(0);
  });

  it('climbs at the start while segments arrive much faster than they play', () => {
    const strategy = bba();
    // At 3 s of buffer a segment has to add 0.875 − 0.375 · 3/19.8 = 0.8182 of its 3 s: 2.4545 s.
    downloaded(strategy, 0.5);
    expect(strategy.decide(context(3, 0)).index).toBe(1);
    downloaded(strategy, 0.6);
    expect(strategy.decide(context(3, 0)).index).toBe(0);
    expect(strategy.decide(context(3, 1)).index).toBe(1);
  });

  it('stops climbing for good once the buffer has fallen', () => {
    const strategy = bba();
    downloaded(strategy, 3.1);
    downloaded(strategy, 0.1);
    expect(strategy.decide(context(3, 1)).index).toBe(0);
    strategy.observe?.({
      type: 'sessionStart',
      at: 0,
      sessionId: 'next',
      startedAt: 0,
      engine: 'sim',
      strategy: 'bba',
      src: 'x',
    });
    downloaded(strategy, 0.1);
    expect(strategy.decide(context(3, 1)).index).toBe(2);
  });

  it('names the option that is out of range', () => {
    expect(() => bba({ reservoir: 1 })).toThrow('reservoir must be within 0…1, got 1');
    expect(() => bba({ full: 0.3 })).toThrow('full must be above reservoir and at most 1, got 0.3');
  });
});
