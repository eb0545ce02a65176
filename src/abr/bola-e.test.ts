import { describe, expect, it } from 'vitest';
import type { Fact, PlaybackEvent } from '../media/playback-event.ts';
import { bola } from './bola.ts';
import { bolaE } from './bola-e.ts';
import type { AbrContext, AbrStrategy } from './strategy.ts';

const ladder = [1000, 2000].map((rate) => ({ id: `${rate}k`, bitrate: rate * 1000 }));

const context = (over: Partial<AbrContext> & { number?: number } = {}): AbrContext => {
  const { number = 1, ...rest } = over;
  return {
    ladder,
    candidates: [0, 1],
    current: 0,
    segment: { number, start: number * 3, duration: 3, sizes: null, remaining: 199 - number },
    bufferLevel: 3,
    bufferTarget: 25,
    position: 0,
    playbackRate: 1,
    phase: 'steady',
    live: null,
    now: 1,
    throughput: 100e6,
    latency: 0.1,
    edge: null,
    ...rest,
  };
};

const at = (time: number, fact: Fact): PlaybackEvent => ({ ...fact, at: time });

function begun(strategy: AbrStrategy): AbrStrategy {
  strategy.observe?.(
    at(0, {
      type: 'manifest',
      presentation: 'vod',
      duration: 597,
      ladder,
      segmentDuration: 3,
      targetLatency: null,
      audioTracks: [],
      textTracks: [],
    }),
  );
  strategy.observe?.(at(0, { type: 'playing', position: 0 }));
  return strategy;
}

/** Takes the decision that the strategy announces for `asked`, and finishes its download. */
function take(strategy: AbrStrategy, asked: AbrContext, downloadTime: number): number {
  const { index, reason } = strategy.decide(asked);
  const inputs = {
    throughput: asked.throughput,
    latency: asked.latency,
    bufferLevel: asked.bufferLevel,
    bufferTarget: asked.bufferTarget,
    playbackRate: 1,
  };
  const { number, start } = asked.segment;
  const decision = { type: 'decision', trigger: 'next', strategy: strategy.name, from: asked.current } as const;
  strategy.observe?.(
    at(asked.now, { ...decision, segment: { number, start }, index, candidates: asked.candidates, reason, inputs }),
  );
  strategy.observe?.(
    at(asked.now + downloadTime, {
      type: 'request',
      id: 1,
      attempt: 1,
      kind: 'segment',
      url: 'x',
      segment: { track: 'video', rendition: index, number, start, duration: 3 },
      start: asked.now,
      firstByte: asked.now + 0.1,
      bytes: 1,
      status: 200,
      outcome: 'ok',
      fromCache: false,
      error: null,
    }),
  );
  return index;
}

// Two rungs: capacity max(10 + 2·2, 25) = 25 s; with utilities 1 and 1 + ln 2, gp = ln 2 / 1.5 = 0.462098 and V·p = 21.64043 s.
// The higher is preferred from V·p·(gp + 2·1 − 1·1.693147) = 16.64043 s on, the lower fetched up to V·p·(gp + 1) = 31.64043 s.
describe('bolaE', () => {
  it('starts with what the network sustains, where BOLA waits for the buffer', () => {
    expect(begun(bolaE()).decide(context()).index).toBe(1);
    expect(begun(bola()).decide(context()).index).toBe(0);
    expect(begun(bolaE()).decide(context({ throughput: 1.2e6 })).index).toBe(0);
    expect(begun(bolaE()).decide(context({ throughput: null })).index).toBe(0);
  });

  it('keeps to that choice by a placeholder, until the buffer has lost more than it gained', () => {
    const strategy = begun(bolaE());
    // Placeholder 16.64043 − 3 = 13.64043 s.
    expect(take(strategy, context(), 0.5)).toBe(1);
    expect(strategy.decide(context({ number: 2, now: 1.5, bufferLevel: 3.1 })).index).toBe(1);
    expect(strategy.decide(context({ number: 2, now: 1.5, bufferLevel: 2.9 })).index).toBe(0);
  });

  it('counts time in which nothing was fetched as buffer', () => {
    const strategy = begun(bolaE());
    take(strategy, context(), 0.5);
    expect(strategy.decide(context({ number: 2, now: 1.5, bufferLevel: 2.6 })).index).toBe(0);
    expect(strategy.decide(context({ number: 2, now: 2, bufferLevel: 2.6 })).index).toBe(1);
  });

  it('never asks for what the buffer would not outlast, whatever the placeholder says', () => {
    const strategy = begun(bolaE());
    take(strategy, context(), 0.5);
    // 6 Mbit against 0.9 · (5 − 0.1) s: enough from 1.3605 Mbit/s on. BOLA-E itself may go one rung above what is sustained.
    expect(strategy.decide(context({ number: 2, now: 1.5, bufferLevel: 5, throughput: 1.35e6 })).index).toBe(0);
    expect(strategy.decide(context({ number: 2, now: 1.5, bufferLevel: 5, throughput: 1.37e6 })).index).toBe(1);
  });

  it('starts over with a new session and after a seek', () => {
    const strategy = begun(bolaE());
    take(strategy, context({ throughput: 1.2e6 }), 2);
    const later = context({ number: 2, now: 3, bufferLevel: 4 });
    expect(strategy.decide(later).index).toBe(0);
    strategy.observe?.(at(4, { type: 'seeking', position: 100 }));
    expect(strategy.decide(later).index).toBe(1);
  });

  it('answers the same however often it is asked', () => {
    const strategy = begun(bolaE());
    take(strategy, context(), 0.5);
    const asked = context({ number: 2, now: 2, bufferLevel: 4 });
    const answers = [1, 2, 3].map(() => strategy.decide(asked));
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });

  it('plays a ladder of one rung', () => {
    const one = context({ ladder: ladder.slice(0, 1), candidates: [0] });
    expect(begun(bolaE()).decide(one).index).toBe(0);
  });

  it('names the option that is out of range', () => {
    expect(() => bolaE({ minimumBuffer: 0 })).toThrow('minimumBuffer must be > 0 s, got 0');
  });
});
