import { describe, expect, it } from 'vitest';
import type { DownloadProgress } from '../abr/strategy.ts';
import { download } from './download.ts';
import { line } from './line.ts';
import { network } from './network.ts';
import { playhead } from './playhead.ts';

function parts(latency = 0.1) {
  const head = playhead(() => {}, null);
  const link = network({ id: 'test', periods: [{ duration: 100, bandwidth: 1e6, latency }] });
  return { head, line: line(link, head), requestMs: { before: 0, after: 0 }, look: null, ask: () => null };
}
const look = { bits: 0, timeMs: 500, duringLatency: true, firstSegment: true };

function asking(answer: (progress: DownloadProgress) => ReturnType<Parameters<typeof download>[1]['ask']>) {
  const asked: DownloadProgress[] = [];
  const ask = (progress: DownloadProgress) => {
    asked.push(progress);
    return answer(progress);
  };
  return { asked, ask };
}

describe('download', () => {
  it('takes the latency and the transfer', () => {
    const own = parts();
    expect(download({ index: 1, bits: 3e6 }, own)).toEqual({ firstByte: 0.1, bits: 3e6, givenUp: null });
    expect(own.head.now()).toBeCloseTo(3.1, 9);
  });

  it('pays for the way to the link and back', () => {
    const own = { ...parts(), requestMs: { before: 10, after: 20 } };
    expect(download({ index: 1, bits: 1e6 }, own).firstByte).toBeCloseTo(0.11, 9);
    expect(own.head.now()).toBeCloseTo(1.13, 9);
  });

  it('is the same when it is looked at and not given up', () => {
    const { asked, ask } = asking(() => null);
    const own = { ...parts(), look, ask, requestMs: { before: 10, after: 20 } };
    expect(download({ index: 1, bits: 2e6 }, own)).toEqual({ firstByte: 0.11, bits: 2e6, givenUp: null });
    expect(own.head.now()).toBeCloseTo(2.13, 9);
    // Every half second since it was asked for; by the first look 0.39 s of 1 Mbit/s.
    expect(asked.map(({ elapsed }) => elapsed)).toEqual([0.5, 1, 1.5, 2].map((at) => expect.closeTo(at, 9)));
    expect(asked[0]).toMatchObject({ firstByte: 0.11, totalBytes: 250_000, bytes: expect.closeTo(0.39e6 / 8, 3) });
  });

  it('ends where it is given up, with what has come', () => {
    const choice = { index: 0, reason: '', failure: null, fact: {} as never };
    const own = { ...parts(), look, ...asking(({ elapsed }) => (elapsed > 0.9 ? choice : null)) };
    const { givenUp, bits } = download({ index: 1, bits: 4e6 }, own);
    expect(givenUp).toBe(choice);
    expect(own.head.now()).toBeCloseTo(1, 9);
    expect(bits).toBeCloseTo(0.9e6, 3);
  });

  it('is looked at while nothing has come yet', () => {
    const { asked, ask } = asking(() => null);
    download({ index: 1, bits: 1e5 }, { ...parts(2), look, ask });
    expect(asked.slice(0, 3).map(({ elapsed, firstByte, bytes }) => [elapsed, firstByte, bytes])).toEqual([
      [0.5, null, 0],
      [1, null, 0],
      [1.5, null, 0],
    ]);
  });
});
