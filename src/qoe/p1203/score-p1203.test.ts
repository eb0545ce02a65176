import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { P1203Input } from './input.ts';
import { scoreP1203 } from './score-p1203.ts';

const segment = { codec: 'h264', start: 0, duration: 4, resolution: '1920x1080', bitrate: 3000, fps: 25 };
const audio = { codec: 'aaclc', start: 0, duration: 4, bitrate: 128 } as const;
const input = (rest: Record<string, unknown> = {}): P1203Input => ({
  I13: { segments: [segment, segment, segment] },
  I11: { segments: [audio, audio, audio] },
  ...rest,
});

describe('scoreP1203', () => {
  it('gives a score to each second and one to the session', () => {
    const { mode, O21, O22, O34, O46, partial } = scoreP1203(input());
    expect(mode).toBe(0);
    expect([O21.length, O22.length, O34.length]).toEqual([12, 12, 12]);
    expect(O46).toBeNull();
    expect(partial).toBeGreaterThan(4);
  });

  it('is mode 1 when every segment says what its frames are', () => {
    const frames = Array.from({ length: 100 }, (_, index) => ({ frameType: index ? 'Non-I' : 'I', frameSize: 15_000 }));
    const known = { ...segment, frames };
    expect(scoreP1203(input({ I13: { segments: [known, known] } })).mode).toBe(1);
    expect(scoreP1203(input({ I13: { segments: [known, segment] } })).mode).toBe(0);
  });

  it('is better on a handheld', () => {
    const low = { ...segment, bitrate: 150 };
    const on = (device: string) => scoreP1203(input({ IGen: { device }, I13: { segments: [low, low] } })).partial;
    expect(on('mobile')).toBeGreaterThan(on('pc'));
    expect(on('handheld')).toBe(on('mobile'));
  });

  it('is worse on a larger display', () => {
    const on = (displaySize: string) => scoreP1203(input({ IGen: { displaySize } })).partial;
    expect(on('3840x2160')).toBeLessThan(on('1920x1080'));
  });

  it.each<[string, unknown, string]>([
    ['no object', null, 'input must be an object {IGen, I11, I13, I23}, got null'],
    ['no video', { I13: { segments: [] } }, 'I13.segments must be at least one video segment, got []'],
    ['no list', { I13: { segments: 'many' } }, 'I13.segments must be a list, got "many"'],
    [
      'another codec',
      input({ I13: { segments: [{ ...segment, codec: 'av1' }] } }),
      'I13.segments[0].codec must be "h264" (the standard knows no other), got "av1"',
    ],
    [
      'no bitrate',
      input({ I13: { segments: [segment, { ...segment, bitrate: 0 }] } }),
      'I13.segments[1].bitrate must be a number > 0, got 0',
    ],
    [
      'no size',
      input({ I13: { segments: [{ ...segment, resolution: '1080p' }] } }),
      'I13.segments[0].resolution must be a size such as "1920x1080", got "1080p"',
    ],
    [
      'an unknown audio codec',
      input({ I11: { segments: [{ ...audio, codec: 'opus' }] } }),
      'I11.segments[0].codec must be one of mp2, ac3, aaclc, heaac, aac, got "opus"',
    ],
    [
      'an unknown device',
      input({ IGen: { device: 'tv' } }),
      'IGen.device must be one of pc, mobile, handheld, got "tv"',
    ],
    [
      'no display',
      input({ IGen: { displaySize: 'big' } }),
      'IGen.displaySize must be a size such as "1920x1080", got "big"',
    ],
    [
      'half a stall',
      input({ I23: { stalling: [[1]] } }),
      'I23.stalling[0] must be [position >= 0 s, duration >= 0 s], got [1]',
    ],
    [
      'stalls out of order',
      input({
        I23: {
          stalling: [
            [5, 1],
            [2, 1],
          ],
        },
      }),
      'I23.stalling[1][0] must be at or after the stall before it (5 s), got 2',
    ],
    [
      'two initial delays',
      input({
        I23: {
          stalling: [
            [0, 1],
            [0, 2],
          ],
        },
      }),
      'I23.stalling[1][0] must be after 0 s: there is one initial delay, got 0',
    ],
    [
      'a frame without a size',
      input({ I13: { segments: [{ ...segment, frames: [{ frameType: 'I' }] }] } }),
      'I13.segments[0].frames[0].frameSize must be bytes >= 0, got nothing',
    ],
  ])('refuses %s', (_what, value, message) => {
    expect(() => scoreP1203(value as P1203Input)).toThrow(new TypeError(message));
  });

  it('longer stalls never raise what the formulae say', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 20, noNaN: true }),
        fc.double({ min: 0.1, max: 20, noNaN: true }),
        fc.integer({ min: 1, max: 11 }),
        (length, more, at) => {
          const scored = (seconds: number) =>
            scoreP1203(
              input({
                I23: {
                  stalling: [
                    [0, 1],
                    [at, seconds],
                  ],
                },
              }),
            ).partial;
          expect(scored(length + more)).toBeLessThanOrEqual(scored(length) + 1e-12);
        },
      ),
    );
  });
});
