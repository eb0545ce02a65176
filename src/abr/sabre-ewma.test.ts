import { describe, expect, it } from 'vitest';
import type { PlaybackEvent } from '../media/playback-event.ts';
import { sabreEwma } from './sabre-ewma.ts';

const manifest: PlaybackEvent = {
  type: 'manifest',
  at: 0,
  presentation: 'vod',
  duration: 30,
  ladder: [{ id: 'a', bitrate: 1e6 }],
  segmentDuration: 3,
  targetLatency: null,
  audioTracks: [],
  textTracks: [],
};

const download = (start: number, latency: number, time: number, bits: number, over = {}): PlaybackEvent => ({
  type: 'request',
  at: start + latency + time,
  id: 0,
  attempt: 1,
  kind: 'segment',
  url: 'x',
  segment: { track: 'video', rendition: 0, number: 0, start: 0, duration: 3 },
  start,
  firstByte: start + latency,
  bytes: bits / 8,
  status: 200,
  outcome: 'ok',
  fromCache: false,
  error: null,
  ...over,
});

describe('sabreEwma', () => {
  it('gives nothing before there is a download, and a constant back as it is', () => {
    const estimator = sabreEwma();
    estimator.observe(manifest);
    expect(estimator.throughput()).toBeNull();
    expect(estimator.latency()).toBeNull();
    for (let n = 0; n < 5; n += 1) estimator.observe(download(n * 4, 0.2, 1.5, 6e6));
    expect(estimator.throughput()).toBeCloseTo(4e6, 3);
    expect(estimator.latency()).toBeCloseTo(0.2, 9);
  });

  it('takes the lower throughput and the higher latency of its two averages', () => {
    const estimator = sabreEwma();
    estimator.observe(manifest);
    estimator.observe(download(0, 0.1, 3, 12e6));
    estimator.observe(download(4, 0.2, 3, 3e6));
    // Half-life 3 s: (0.5·(0.5·4) + 0.5·1) / (1 − 0.25) = 2; half-life 8 s gives 2.306.
    expect(estimator.throughput()).toBeCloseTo(2e6, 3);
    // Half-life of one segment: (0.5·0.05 + 0.5·0.2) / 0.75 = 0.1667; of 8/3 segments 0.1565.
    expect(estimator.latency()).toBeCloseTo(0.125 / 0.75, 9);
    estimator.observe(download(8, 0.2, 3, 36e6));
    // Fast: (0.5·1.5 + 0.5·12) / (1 − 0.125) = 7.714; slow: 0.5^(3/8) = 0.771105,
    // (0.771105·(0.771105·0.915578 + 0.228895) + 0.228895·12) / (1 − 0.5^(9/8)) = 6.40380.
    expect(estimator.throughput()).toBeCloseTo(6_403_796.85, 1);
  });

  it('leaves out downloads given up, failed or from a cache', () => {
    const estimator = sabreEwma();
    estimator.observe(manifest);
    estimator.observe(download(0, 0.1, 3, 12e6));
    for (const over of [{ outcome: 'aborted' }, { outcome: 'failed' }, { fromCache: true }, { kind: 'init' }]) {
      estimator.observe(download(4, 0.1, 1, 1e5, over));
    }
    expect(estimator.throughput()).toBeCloseTo(4e6, 3);
  });

  it('names the half-life that does not fit', () => {
    expect(() => sabreEwma({ fastHalfLife: 8 })).toThrow('fastHalfLife must be below slowHalfLife (8 s), got 8 s');
  });
});
