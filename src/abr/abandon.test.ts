import { describe, expect, it } from 'vitest';
import { defaultAbandon } from './abandon.ts';
import type { AbrContext } from './strategy.ts';

const LADDER = [235_000, 1_050_000, 5_800_000].map((bitrate, at) => ({ id: `${at}`, bitrate }));

const context = (bufferLevel: number, latency: number | null): AbrContext => ({
  ladder: LADDER,
  candidates: [0, 1, 2],
  current: 2,
  segment: { number: 5, start: 20, duration: 4, sizes: null, remaining: null },
  bufferLevel,
  bufferTarget: 30,
  position: 10,
  playbackRate: 1,
  phase: 'steady',
  live: null,
  now: 30,
  throughput: 20e6,
  latency,
  edge: null,
});

const silent = (elapsed: number) => ({ index: 2, elapsed, firstByte: null, bytes: 0, totalBytes: null });

describe('defaultAbandon while nothing arrives', () => {
  it('bears a second, then takes the lowest', () => {
    expect(defaultAbandon(context(2, 0.05), silent(0.9))).toBeNull();
    expect(defaultAbandon(context(2, 0.05), silent(1))).toMatchObject({ index: 0 });
  });

  it('bears three of the usual waits, so that a link of long latency can be used at all', () => {
    // 0.7 s to the first byte: 2.1 s.
    expect(defaultAbandon(context(2, 0.7), silent(2))).toBeNull();
    expect(defaultAbandon(context(2, 0.7), silent(2.2))).toMatchObject({ index: 0 });
  });

  it('bears a quarter of what is buffered', () => {
    expect(defaultAbandon(context(28, 0.05), silent(6.9))).toBeNull();
    expect(defaultAbandon(context(28, 0.05), silent(7))).toMatchObject({ index: 0 });
  });

  it('has headers for no bytes', () => {
    expect(defaultAbandon(context(2, 0.05), { ...silent(0.9), firstByte: 0.1, totalBytes: 2_900_000 })).toBeNull();
    expect(defaultAbandon(context(2, 0.05), { ...silent(1.1), firstByte: 0.1, totalBytes: 2_900_000 })).toMatchObject({
      index: 0,
    });
  });
});

describe('defaultAbandon on a shared link', () => {
  // 2.9 MB in 4 s, and 10 s in the buffer. Since the first byte 0.9 s ago 100 kB of the picture came: 0.9 Mbit/s, 25 s to go.
  const progress = { index: 2, elapsed: 1, firstByte: 0.1, bytes: 100_000, totalBytes: 2_900_000 };

  it('gives up a download that is too slow', () => {
    expect(defaultAbandon(context(10, 0.1), progress)).toMatchObject({ index: 1 });
  });

  it('but not one that was slow for the sake of the sound', () => {
    // With 220 kB of sound beside it the link carried 2.84 Mbit/s: 7.9 s to go, 9.5 there are.
    expect(defaultAbandon(context(10, 0.1), { ...progress, linkBytes: 320_000 })).toBeNull();
    expect(defaultAbandon(context(8, 0.1), { ...progress, linkBytes: 320_000 })).toMatchObject({ index: 1 });
  });
});
