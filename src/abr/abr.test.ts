import { describe, expect, it } from 'vitest';
import type { PlaybackEvent } from '../media/playback-event.ts';
import { toLadder } from '../media/rendition.ts';
import { defaultAbandon } from './abandon.ts';
import { createAbrController } from './abr-controller.ts';
import { capacityAware } from './capacity-aware.ts';
import { ewma } from './ewma.ts';
import { percentile, percentileOf } from './percentile.ts';
import type { AbrContext, AbrInput, AbrStrategy } from './strategy.ts';
import { dualEwma, toSample } from './throughput-estimator.ts';

const KBPS = [235, 375, 560, 750, 1050, 1750, 2350, 3000, 4300, 5800];
const HEIGHTS = [180, 240, 288, 360, 432, 480, 720, 720, 1080, 1080];
const ladder = toLadder(
  KBPS.map((kbps, index) => ({ id: `${kbps}`, bitrate: kbps * 1000, height: HEIGHTS[index] ?? 0 })),
);

const input = (parts: Partial<AbrInput> = {}): AbrInput => ({
  ladder,
  candidates: ladder.map((_, index) => index),
  current: null,
  segment: { number: 0, start: 0, duration: 4, sizes: null, remaining: null },
  bufferLevel: 30,
  bufferTarget: 30,
  position: 0,
  playbackRate: 1,
  phase: 'steady',
  live: null,
  ...parts,
});

const context = (parts: Partial<AbrContext> = {}): AbrContext => ({
  ...input(),
  now: 0,
  throughput: null,
  latency: null,
  edge: null,
  ...parts,
});

/** A picture segment that took `seconds` after a wait of `latency` for its first byte. */
const download = (
  mbps: number,
  parts: Partial<Extract<PlaybackEvent, { type: 'request' }>> = {},
  seconds = 1,
  latency = 0.1,
): PlaybackEvent => ({
  at: 10 + latency + seconds,
  type: 'request',
  id: 1,
  attempt: 1,
  kind: 'segment',
  url: 'https://x/1.m4s',
  segment: { track: 'video', rendition: 0, number: 1, start: 4, duration: 4 },
  start: 10,
  firstByte: 10 + latency,
  bytes: (mbps * 1e6 * seconds) / 8,
  status: 200,
  outcome: 'ok',
  fromCache: false,
  error: null,
  ...parts,
});

/** The same downloads one after the other, so that none shares the link. */
const inTurn = (events: readonly PlaybackEvent[]): PlaybackEvent[] =>
  events.map((event, turn) => {
    if (event.type !== 'request' || event.firstByte === null)
      throw new Error('a download must be a request with bytes');
    const later = turn * 10_000;
    return { ...event, start: event.start + later, firstByte: event.firstByte + later, at: event.at + later };
  });

const feed = (observer: { observe?(event: PlaybackEvent): void }, events: readonly PlaybackEvent[]): void => {
  for (const event of inTurn(events)) observer.observe?.(event);
};

describe('ewma', () => {
  it('gives a constant back, whatever the weights', () => {
    const average = ewma(3);
    for (const weight of [0.1, 5, 2, 0.01]) average.add(weight, 4e6);
    expect(average.value()).toBeCloseTo(4e6, 3);
  });

  it('halves the old value after one half-life', () => {
    const average = ewma(2);
    average.add(1e6, 8); // long ago enough to be all there is
    average.add(2, 0);
    expect(average.value()).toBeCloseTo(4, 9);
    expect(ewma(1).value()).toBeNull();
    expect(() => ewma(0)).toThrow('halfLife must be > 0, got 0');
  });
});

describe('toSample', () => {
  it('keeps latency apart from throughput', () => {
    expect(toSample(download(8, {}, 1, 0.15))).toMatchObject({
      throughput: expect.closeTo(8e6, 3),
      latency: expect.closeTo(0.15, 9),
    });
  });

  it('counts what arrived beside the picture', () => {
    // A picture of 100 kB from 10.1 to 11.1 s, and 25 kB of audio in that time: the link carries 1 Mbit/s.
    expect(toSample(download(0, { bytes: 100_000, linkBytes: 125_000 }))).toMatchObject({
      throughput: expect.closeTo(1e6, 3),
      bytes: 125_000,
    });
    expect(toSample(download(0, { bytes: 15_999, linkBytes: 125_000 }))).toBeNull();
  });

  it('refuses what says nothing of the network', () => {
    const text = { track: 'text', rendition: null, number: 1, start: 0, duration: 4 } as const;
    expect(toSample(download(8, { fromCache: true }))).toBeNull();
    expect(toSample(download(8, { outcome: 'failed' }))).toBeNull();
    expect(toSample(download(8, { bytes: 15_999 }))).toBeNull();
    expect(toSample(download(8, { firstByte: null }))).toBeNull();
    expect(toSample(download(8, { segment: text }))).toBeNull();
    expect(toSample(download(8, { kind: 'init' }))).toBeNull();
    expect(toSample(download(8, { outcome: 'aborted' }))).not.toBeNull();
  });
});

describe('dualEwma', () => {
  it('is not moved by latency: 0 and 150 ms give the same throughput', () => {
    const near = dualEwma();
    const far = dualEwma();
    feed(near, Array(5).fill(download(4, {}, 1, 0)));
    feed(far, Array(5).fill(download(4, {}, 1, 0.15)));
    expect(near.throughput()).toBeCloseTo(4e6, 3);
    expect(far.throughput()).toBeCloseTo(4e6, 3);
    expect(far.latency()).toBeCloseTo(0.15, 9);
  });

  it('falls with the fast average and rises with the slow one', () => {
    const estimator = dualEwma({ fastHalfLife: 1, slowHalfLife: 4 });
    feed(estimator, [download(8, {}, 1000), download(0.8, {}, 1)]);
    // fast: half of 8 and 0.8 after one half-life
    expect(estimator.throughput()).toBeCloseTo(4.4e6, -1);
    const rising = dualEwma({ fastHalfLife: 1, slowHalfLife: 4 });
    feed(rising, [download(1, {}, 1000), download(9, {}, 4)]);
    // slow: half of 1 and 9 after one half-life of 4 s
    expect(rising.throughput()).toBeCloseTo(5e6, -1);
  });

  it('starts anew from a download that was given up, whichever of the two facts comes first', () => {
    const abandon = (at: number): PlaybackEvent => ({
      at,
      type: 'decision',
      trigger: 'abandon',
      strategy: 'x',
      segment: { number: 1, start: 4 },
      from: 9,
      index: 0,
      candidates: [0],
      reason: 'slow',
      inputs: { throughput: 8e6, latency: 0.1, bufferLevel: 10, bufferTarget: 30, playbackRate: 1 },
    });
    const slow = download(0.6, { outcome: 'aborted', start: 999, firstByte: 999.1, at: 1000.1 });
    for (const order of [
      [slow, abandon(1000.1)],
      [abandon(1000.1), slow],
    ]) {
      const estimator = dualEwma();
      feed(estimator, [download(8, {}, 100)]);
      for (const event of order) estimator.observe(event);
      expect(estimator.throughput()).toBeCloseTo(0.6e6, 3);
    }
    // Aborted for another reason (a seek): one short measurement among others.
    const sought = dualEwma();
    feed(sought, [download(8, {}, 100)]);
    sought.observe(slow);
    expect(sought.throughput()).toBeGreaterThan(5e6);
  });

  it('says nothing before it knows, unless told where to start', () => {
    expect(dualEwma().throughput()).toBeNull();
    expect(dualEwma().latency()).toBeNull();
    expect(dualEwma({ initialThroughput: 2e6 }).throughput()).toBe(2e6);
    expect(() => dualEwma({ fastHalfLife: 8, slowHalfLife: 3 })).toThrow(
      'fastHalfLife must be below slowHalfLife (3 s), got 8 s',
    );
  });
});

describe('percentileOf', () => {
  it('interpolates linearly as numpy.percentile', () => {
    // numpy.percentile([1, 2, 3, 4], [10, 25, 50]) = [1.3, 1.75, 2.5]
    expect(percentileOf([4, 1, 3, 2], 0.1)).toBeCloseTo(1.3, 12);
    expect(percentileOf([4, 1, 3, 2], 0.25)).toBeCloseTo(1.75, 12);
    expect(percentileOf([4, 1, 3, 2], 0.5)).toBeCloseTo(2.5, 12);
    expect(percentileOf([7], 0.1)).toBe(7);
    expect(percentileOf([], 0.5)).toBeNull();
  });
});

describe('percentile', () => {
  const fed = (mbps: readonly number[]): AbrStrategy => {
    const strategy = percentile();
    feed(
      strategy,
      mbps.map((rate) => download(rate)),
    );
    return strategy;
  };

  it('starts at the lowest', () => {
    expect(percentile().decide(context()).index).toBe(0);
  });

  it('takes the highest rung below conservative bandwidth / 1.2, worked by hand', () => {
    // 1, 2, 3, 4 Mbit/s: 0.5·1.3 + 0.3·1.75 + 0.2·2.5 = 1.675 Mbit/s; /1.2 = 1.396: rung 1050 (4)
    expect(fed([1, 2, 3, 4]).decide(context({ bufferLevel: 30 })).index).toBe(4);
    // health 15/30: 0.8375 Mbit/s; /1.2 = 0.698: rung 560 (2)
    expect(fed([1, 2, 3, 4]).decide(context({ bufferLevel: 15 })).index).toBe(2);
    // a buffer over the target is worth no more than a full one
    expect(fed([1, 2, 3, 4]).decide(context({ bufferLevel: 60 })).index).toBe(4);
  });

  it('needs more than 1.2 times, not just as much', () => {
    // bandwidth 0.9 Mbit/s is exactly 1.2 × 750 kbit/s: 560 it is
    expect(fed([0.9]).decide(context()).index).toBe(2);
    expect(fed([0.901]).decide(context()).index).toBe(3);
  });

  it('forgets all but the last 20 samples', () => {
    const strategy = fed([...Array(20).fill(0.1), ...Array(20).fill(8)]);
    // 8 Mbit/s > 1.2 · 5.8 = 6.96
    expect(strategy.decide(context()).index).toBe(9);
  });

  it('is a question that can be asked any number of times', () => {
    const strategy = fed([2]);
    expect(strategy.decide(context())).toEqual(strategy.decide(context()));
  });

  it('names options that cannot work', () => {
    expect(() => percentile({ window: 0 })).toThrow('window must be > 0, got 0');
  });
});

describe('capacityAware', () => {
  const choose = (mbps: number, options = {}): number | undefined =>
    ladder[capacityAware(options).decide(context({ throughput: mbps * 1e6 })).index]?.bitrate;

  it('needs 1.25 times the need of a tier', () => {
    // 1080p: 5 · 1.25 = 6.25; 720p: 3 · 1.25 = 3.75; 480p: 1.5 · 1.25 = 1.875, and 480p otherwise
    expect(choose(6.26)).toBe(5_800_000);
    expect(choose(6.25)).toBe(3_000_000);
    expect(choose(3.75)).toBe(1_750_000);
    expect(choose(1)).toBe(1_750_000);
    expect(choose(0)).toBe(1_750_000);
  });

  it('asks for 1.2 times as much in peak hours and 1.3 times over 80 % load', () => {
    // 5 · 1.2 · 1.25 = 7.5; 5 · 1.3 · 1.25 = 8.125; both: 9.75
    expect(choose(7.5, { peakHour: true })).toBe(3_000_000);
    expect(choose(7.51, { peakHour: true })).toBe(5_800_000);
    expect(choose(8.12, { edgeLoad: 0.81 })).toBe(3_000_000);
    expect(choose(8.12, { edgeLoad: 0.8 })).toBe(5_800_000);
    expect(choose(9.74, { peakHour: true, edgeLoad: 1 })).toBe(3_000_000);
    expect(choose(9.76, { peakHour: true, edgeLoad: 1 })).toBe(5_800_000);
  });

  it('believes the edge before its options and the measurement', () => {
    const edge = {
      at: 1,
      type: 'edge',
      load: 0.9,
      peakHour: null,
      maxBitrate: null,
      throughput: 8e6,
      roundTripTime: 0.02,
    } as const;
    const decision = capacityAware().decide(context({ throughput: 1e6, edge }));
    expect(ladder[decision.index]?.bitrate).toBe(3_000_000);
    expect(decision.reason).toBe('8.00 Mbit/s allows 720p (over 4.88 Mbit/s, edge load 90 %)');
    const held = capacityAware().decide(context({ throughput: 1e6, edge: { ...edge, maxBitrate: 2e6 } }));
    expect(ladder[held.index]?.bitrate).toBe(1_750_000);
    expect(held.reason).toBe('8.00 Mbit/s allows 720p (over 4.88 Mbit/s, edge load 90 %), at most 2.00 by the edge');
    expect(() => capacityAware({ edgeLoad: 80 })).toThrow('edgeLoad must be within 0…1, got 80');
  });
});

describe('defaultAbandon', () => {
  const at = (bufferLevel: number) => context({ bufferLevel, current: 9, throughput: 8e6 });
  // 5.8 Mbit/s · 4 s = 2.9 MB; 1 s after the first byte 75 kB came: 0.6 Mbit/s
  const slow = { index: 9, elapsed: 1.1, firstByte: 0.1, bytes: 75_000, totalBytes: 2_900_000 };

  it('gives up what would outlast the buffer for the highest rung that arrives in time', () => {
    // 2.825 MB left at 0.6 Mbit/s: 37.7 s against 20 s. In 19.5 s at 0.48 Mbit/s come 9.3 Mbit: 2350 kbit/s · 4 s = 9.4 does not fit, 1750 · 4 = 7 does
    expect(defaultAbandon(at(20), slow)).toMatchObject({ index: 5 });
    expect(defaultAbandon(at(20), slow)?.reason).toBe('37.7 s to go at 0.60 Mbit/s with 20.0 s of buffer');
  });

  it('takes the lowest when none arrives in time', () => {
    expect(defaultAbandon(at(1), slow)).toMatchObject({ index: 0 });
  });

  it('lets a download end that ends in time, is the lowest, or has hardly begun', () => {
    expect(defaultAbandon(at(60), slow)).toBeNull();
    expect(defaultAbandon(at(1), { ...slow, index: 0 })).toBeNull();
    expect(defaultAbandon(at(1), { ...slow, elapsed: 0.4 })).toBeNull();
  });

  it('notices that nothing arrives at all', () => {
    expect(defaultAbandon(at(2), { index: 9, elapsed: 1, firstByte: null, bytes: 0, totalBytes: null })).toMatchObject({
      index: 0,
      reason: 'nothing arrives at 0.00 Mbit/s with 2.0 s of buffer',
    });
  });
});

describe('createAbrController', () => {
  const always = (index: number): AbrStrategy => ({ name: 'always', decide: () => ({ index, reason: 'because' }) });

  it('explains a choice with what it was made from', () => {
    const controller = createAbrController({ strategy: always(3) });
    controller.observe(download(4));
    expect(controller.decide(input({ current: 1 })).fact).toEqual({
      type: 'decision',
      trigger: 'next',
      strategy: 'always',
      segment: { number: 0, start: 0 },
      from: 1,
      index: 3,
      candidates: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      reason: 'because',
      inputs: {
        throughput: expect.closeTo(4e6, 3),
        latency: expect.closeTo(0.1, 9),
        bufferLevel: 30,
        bufferTarget: 30,
        playbackRate: 1,
      },
    });
  });

  it('keeps to the lowest of the caps, and to the lowest candidate when all are above', () => {
    const controller = createAbrController({ strategy: always(9) });
    controller.observe({ at: 0, type: 'cap', source: 'playerSize', index: 6 });
    controller.observe({ at: 0, type: 'cap', source: 'user', index: 4 });
    expect(controller.decide(input()).index).toBe(4);
    expect(controller.decide(input()).reason).toBe(
      'because (9 is not open to choice: took 4) (highest allowed: the app’s cap)',
    );
    controller.observe({ at: 1, type: 'cap', source: 'user', index: null });
    expect(controller.decide(input()).index).toBe(6);
    expect(controller.decide(input({ candidates: [7, 8] })).index).toBe(7);
  });

  it('does what the viewer selected, caps or not', () => {
    const controller = createAbrController({ strategy: always(0) });
    controller.observe({ at: 0, type: 'cap', source: 'playerSize', index: 2 });
    controller.observe({ at: 0, type: 'selection', index: 8 });
    expect(controller.decide(input())).toMatchObject({ index: 8, fact: { trigger: 'selection' } });
    expect(controller.abandon(input(), { index: 8, elapsed: 9, firstByte: 1, bytes: 1, totalBytes: 1e7 })).toBeNull();
    controller.observe({ at: 1, type: 'selection', index: null });
    expect(controller.decide(input()).index).toBe(0);
  });

  it('lets a strategy judge what is slow, and judges itself what is silent', () => {
    const patient: AbrStrategy = { ...always(9), abandon: () => null };
    const controller = createAbrController({ strategy: patient });
    const slow = { index: 9, elapsed: 2, firstByte: 0.1, bytes: 20_000, totalBytes: 2_900_000 };
    expect(controller.abandon(input({ bufferLevel: 3 }), slow)).toBeNull();
    expect(controller.abandon(input({ bufferLevel: 3 }), { ...slow, firstByte: null, bytes: 0 })).toMatchObject({
      index: 0,
    });
  });

  it('plays on when a strategy throws or answers nonsense', () => {
    const broken: AbrStrategy = {
      name: 'broken',
      decide() {
        throw new Error('oops');
      },
    };
    const choice = createAbrController({ strategy: broken }).decide(input({ candidates: [2, 3] }));
    expect(choice).toMatchObject({ index: 2, reason: 'strategy "broken" failed (Error: oops): lowest' });
    expect(choice.failure).toBeInstanceOf(Error);
    expect(createAbrController({ strategy: always(Number.NaN) }).decide(input()).index).toBe(0);
  });
});
