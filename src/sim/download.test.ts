import { describe, expect, it } from 'vitest';
import type { DownloadProgress } from '../abr/strategy.ts';
import { download } from './download.ts';
import { network } from './network.ts';
import { playhead } from './playhead.ts';

const link = () => network({ id: 'test', periods: [{ duration: 100, bandwidth: 1e6, latency: 0.1 }] });
const head = () => playhead(() => {}, null);
const never = {
  link: link(),
  head: head(),
  requestMs: { before: 0, after: 0 },
  look: null,
  ask: () => null,
  onSound: () => {},
};
const requestMs = { before: 0, after: 0 };
const looks = { bits: 0, timeMs: 500, duringLatency: true, firstSegment: true };

describe('download', () => {
  it('takes the latency and the transfer', () => {
    const parts = { ...never, link: link(), head: head() };
    const result = download({ index: 1, pictureBits: 3e6, soundBits: 0 }, parts);
    expect(result).toEqual({ asked: 0, firstByte: 0.1, pictureBits: 3e6, soundBits: 0, givenUp: null });
    expect(parts.head.now()).toBeCloseTo(3.1, 9);
  });

  it('pays for the way to the link and back', () => {
    const own = head();
    const parts = { ...never, link: link(), head: own, requestMs: { before: 10, after: 20 } };
    expect(download({ index: 1, pictureBits: 1e6, soundBits: 0 }, parts).firstByte).toBeCloseTo(0.11, 9);
    expect(own.now()).toBeCloseTo(1.13, 9);
  });

  it('shares the link with the sound until that is there', () => {
    const sounds: number[] = [];
    const own = head();
    const parts = { ...never, link: link(), head: own, onSound: () => sounds.push(own.now()) };
    download({ index: 1, pictureBits: 3e6, soundBits: 0.5e6 }, parts);
    // Half a Mbit at half of 1 Mbit/s: after 1 s. All of both after 3.5.
    expect(sounds[0]).toBeCloseTo(1.1, 9);
    expect(own.now()).toBeCloseTo(3.6, 9);
  });

  it('is the same when it is looked at and not given up', () => {
    for (const soundBits of [0, 0.3e6]) {
      const asked: DownloadProgress[] = [];
      const ends: number[] = [];
      const own = head();
      const ask = (progress: DownloadProgress) => {
        asked.push(progress);
        return null;
      };
      const parts = { link: link(), head: own, requestMs, look: looks, ask, onSound: () => ends.push(own.now()) };
      const { firstByte, pictureBits } = download({ index: 1, pictureBits: 2e6, soundBits }, parts);
      expect({ firstByte, pictureBits }).toEqual({ firstByte: 0.1, pictureBits: 2e6 });
      expect(own.now()).toBeCloseTo(2.1 + soundBits / 1e6, 9);
      expect(ends).toEqual(soundBits === 0 ? [] : [expect.closeTo(0.7, 9)]);
      expect(asked[0]).toMatchObject({ elapsed: expect.closeTo(0.5, 9), firstByte: 0.1, totalBytes: 250_000 });
      // 0.4 s of 1 Mbit/s, half of it sound where there is some.
      expect(asked[0]?.bytes).toBeCloseTo((soundBits === 0 ? 0.4e6 : 0.2e6) / 8, 3);
    }
  });

  it('ends where it is given up, with what has come of both', () => {
    const own = head();
    const choice = { index: 0, reason: '', failure: null, fact: {} as never };
    const ask = ({ elapsed }: DownloadProgress) => (elapsed > 0.9 ? choice : null);
    const parts = { link: link(), head: own, requestMs, look: looks, ask, onSound: () => {} };
    const result = download({ index: 1, pictureBits: 4e6, soundBits: 1e6 }, parts);
    expect(result.givenUp).toBe(choice);
    expect(own.now()).toBeCloseTo(1, 9);
    // 0.9 s of 1 Mbit/s in equal parts.
    expect(result.pictureBits).toBeCloseTo(0.45e6, 3);
    expect(result.soundBits).toBeCloseTo(0.45e6, 3);
  });

  it('is looked at while nothing has come yet', () => {
    const slow = network({ id: 'far', periods: [{ duration: 100, bandwidth: 1e6, latency: 2 }] });
    const asked: DownloadProgress[] = [];
    const ask = (progress: DownloadProgress) => {
      asked.push(progress);
      return null;
    };
    download(
      { index: 1, pictureBits: 1e5, soundBits: 0 },
      { link: slow, head: head(), requestMs, look: looks, ask, onSound: () => {} },
    );
    expect(asked.slice(0, 3).map(({ elapsed, firstByte, bytes }) => [elapsed, firstByte, bytes])).toEqual([
      [0.5, null, 0],
      [1, null, 0],
      [1.5, null, 0],
    ]);
  });
});
