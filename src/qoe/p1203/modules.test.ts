import { describe, expect, it } from 'vitest';
import { AudioModule, audioQuality } from './audio.ts';
import type { P1203VideoSegment } from './input.ts';
import { type Chunk, MeasurementWindow } from './measurement-window.ts';
import { onHandheld, VideoModule, videoQuality } from './video.ts';

describe('audio quality', () => {
  it.each([
    // 100·e^(−0.05·128) + 14.6 = 14.766: Q = 85.234
    ['aaclc', 128, 4.553814],
    ['aac', 128, 4.553814],
    ['mp2', 192, 4.448667],
    ['ac3', 192, 4.509241],
    ['heaac', 48, 4.33031],
  ] as const)('%s at %d kbit/s', (codec, bitrate, mos) => {
    expect(audioQuality(codec, bitrate)).toBeCloseTo(mos, 6);
  });
});

describe('video quality', () => {
  const chunk = { codedPixels: 1280 * 720, displayPixels: 1920 * 1080, bitrateKbps: 1000, fps: 25, frameRatio: null };

  it('falls by coding and by scaling up: 720p at 1 Mbit/s on 1080p', () => {
    // quantisation 0.485885, MOS of coding 4.156699; 1.5² as many pixels: 72.61·log10(0.32·1.25 + 1)
    const { mos, coding, scaling, frameRate } = videoQuality(chunk);
    expect(coding).toBeCloseTo(24.516275, 6);
    expect(scaling).toBeCloseTo(10.610357, 6);
    expect(frameRate).toBe(0);
    expect(mos).toBeCloseTo(3.625362, 6);
  });

  it('falls by a frame rate below 24', () => {
    const { mos, frameRate } = videoQuality({ ...chunk, fps: 12 });
    expect(frameRate).toBeCloseTo(13.253159, 6);
    expect(mos).toBeCloseTo(2.92829, 6);
    expect(videoQuality({ ...chunk, fps: 24 }).frameRate).toBe(0);
  });

  it('does not rise by scaling down', () => {
    expect(videoQuality({ ...chunk, displayPixels: 640 * 360 }).scaling).toBe(0);
  });

  it('looks better on a handheld: 4 is 4.16435', () => {
    expect(onHandheld(4)).toBeCloseTo(4.16435, 9);
    expect(onHandheld(1)).toBeGreaterThanOrEqual(1);
    expect(onHandheld(5)).toBeLessThanOrEqual(5);
  });

  // 32 frames/s: a duration that floating point adds up exactly, so that seconds end where they should.
  it('of mode 1 counts frames: 1 I frame of 60 000 B and 31 others of 4 000 B a second', () => {
    const scores: number[] = [];
    const frames = Array.from({ length: 32 }, (_, index) =>
      index === 0 ? { frameType: 'I', frameSize: 60_000 } : { frameType: 'Non-I', frameSize: 4000 },
    );
    const segment = { codec: 'h264', duration: 1, resolution: '1280x720', bitrate: 1, fps: 32, frames };
    const video = new VideoModule({ mode: 1, device: 'pc', displaySize: '1920x1080' });
    for (let second = 0; second < 60; second += 1) video.add(segment, (score) => scores.push(score));
    video.finish((score) => scores.push(score));
    expect(scores).toHaveLength(60);
    // Headers off: 55 B of an I frame, 11 B of the others. (59 945 + 31·3989) B · 8 = 1468.832 kbit/s.
    const later = videoQuality({ ...chunk, fps: 32, bitrateKbps: 1468.832, frameRatio: 59_945 / 3989 });
    expect(scores[40]).toBeCloseTo(later.mos, 9);
    // Second 1 is looked at with ten more; of the first second's frames 800 B are taken off.
    const [i, others] = [59_200 + 10 * 59_945, 31 * 3200 + 310 * 3989];
    const first = { bitrateKbps: ((i + others) * 8) / 11 / 1000, frameRatio: i / 11 / (others / 341) };
    expect(scores[0]).toBeCloseTo(videoQuality({ ...chunk, fps: 32, ...first }).mos, 9);
  });
});

const video = (rest: Partial<P1203VideoSegment>): P1203VideoSegment => ({
  codec: 'h264',
  duration: 5,
  resolution: '1280x720',
  bitrate: 1000,
  fps: 32,
  ...rest,
});

/** O22 of segments, and after how many segments each second was told. */
function o22Of(segments: readonly P1203VideoSegment[]): { scores: number[]; told: number[] } {
  const module = new VideoModule({ mode: 0, device: 'pc', displaySize: '1920x1080' });
  const scores: number[] = [];
  const told = segments.map((segment) => {
    module.add(segment, (score) => scores.push(score));
    return scores.length;
  });
  module.finish((score) => scores.push(score));
  return { scores, told };
}

describe('the measurement window', () => {
  it('tells of a second once ten more were seen, of the rest at the end', () => {
    const { scores, told } = o22Of([video({}), video({}), video({}), video({})]);
    // After 5 s and 10 s nothing, after 15 s seconds 1…5, after 20 s 1…10; at the end all 20.
    expect(told).toEqual([0, 0, 5, 10]);
    expect(scores.length).toBe(20);
  });

  it('looks at neighbouring segments of one representation together: the mean of their bitrates', () => {
    const [low, high] = [video({ bitrate: 500, representation: 'a' }), video({ bitrate: 1500, representation: 'a' })];
    const { scores } = o22Of([low, high]);
    const together = o22Of([video({ bitrate: 1000, duration: 10 })]);
    expect(scores).toHaveLength(10);
    for (const score of scores) expect(score).toBeCloseTo(together.scores[0] as number, 9);
  });

  it('but not across another between them', () => {
    const { scores } = o22Of([
      video({ representation: 'a' }),
      video({ representation: 'b', bitrate: 300 }),
      video({ representation: 'a', bitrate: 3000 }),
    ]);
    expect(scores[0]).toBeLessThan(scores[12] as number);
    expect(scores[7]).toBeLessThan(scores[0] as number);
  });

  it('without names tells renditions apart by bitrate, not by resolution; the first frame says which', () => {
    const { scores } = o22Of([video({ resolution: '320x180' }), video({ resolution: '1920x1080' })]);
    expect(new Set(scores).size).toBe(1);
    expect(scores[9]).toBe(o22Of([video({ resolution: '320x180' })]).scores[0]);
  });

  it('counts a last second that is all but whole', () => {
    expect(o22Of([video({ duration: 1.97 })]).scores).toHaveLength(1);
    expect(o22Of([video({ duration: 1.992, fps: 120 })]).scores).toHaveLength(2);
    expect(o22Of([video({ duration: 0.5 })]).scores).toHaveLength(0);
  });

  it('caps the frame rate of mode 0 at 120', () => {
    expect(o22Of([video({ fps: 240 })]).scores).toEqual(o22Of([video({ fps: 120 })]).scores);
  });

  it('goes on from a copy without touching the one it was made from', () => {
    const chunks = (window: MeasurementWindow<string>): Chunk<string>[] => {
      const told: Chunk<string>[] = [];
      window.copy().finish((chunk) => told.push(chunk));
      return told;
    };
    const window = new MeasurementWindow<string>((a, b) => a === b);
    window.add('a', 50, 0.1, () => {});
    const before = chunks(window);
    const twin = window.copy();
    twin.add('b', 200, 0.1, () => {});
    expect(chunks(window)).toEqual(before);
    expect(before.map(({ second }) => second)).toEqual([1, 2, 3, 4, 5]);
  });

  it('holds no more than 20 s, however long the session: a second costs the same', () => {
    const window = new MeasurementWindow<string>((a, b) => a === b);
    const sizes: number[] = [];
    window.add('a', 60 * 1000 + 30, 1 / 60, ({ from, to }) => sizes.push(to - from));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1200);
    expect(sizes).toHaveLength(990);
  });
});

describe('the audio module', () => {
  it('takes the bitrate of each second', () => {
    const module = new AudioModule();
    const scores: number[] = [];
    const add = (bitrate: number, duration: number): void =>
      module.add({ codec: 'aaclc', bitrate, duration }, (score) => scores.push(score));
    add(64, 6.5);
    add(128, 6.3);
    add(64, 6.5);
    module.finish((score) => scores.push(score));
    // The frame before second 7 is in the second segment (from 6.5 s), the one before 13 in the third (from 12.8 s).
    const [low, high] = [audioQuality('aaclc', 64), audioQuality('aaclc', 128)];
    expect(scores).toEqual([...Array(6).fill(low), ...Array(6).fill(high), ...Array(7).fill(low)]);
  });

  it('adds up frames as the reference does: 6.00 s of hundredths end just before second 6', () => {
    const module = new AudioModule();
    const scores: number[] = [];
    for (const bitrate of [64, 128]) module.add({ codec: 'aaclc', bitrate, duration: 6 }, () => {});
    module.finish((score) => scores.push(score));
    expect(scores[5]).toBe(audioQuality('aaclc', 128));
  });
});
