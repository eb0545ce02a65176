import { describe, expect, it } from 'vitest';
import { candidatesOf, type LevelTraits } from './candidates.ts';

const level = (index: number, change: Partial<LevelTraits> = {}): LevelTraits => ({
  index,
  codecSet: 'avc1,mp4a',
  videoRange: 'SDR',
  frameRate: 25,
  healthy: true,
  decodable: true,
  ...change,
});

describe('candidatesOf', () => {
  it('is every rung of a plain ladder, ascending and each once', () => {
    // hls.js sorts by height, and a redundant stream repeats a rung.
    expect(candidatesOf([level(2), level(0), level(1), level(2)], null)).toEqual([0, 1, 2]);
  });

  it('leaves out what failed and what cannot be decoded', () => {
    const levels = [level(0), level(1, { healthy: false }), level(2), level(3, { decodable: false })];
    expect(candidatesOf(levels, level(2))).toEqual([0, 2]);
  });

  it('keeps a rung that has one healthy level left', () => {
    expect(candidatesOf([level(0), level(1, { healthy: false }), level(1)], null)).toEqual([0, 1]);
  });

  it('stays with the codecs and the range of the rung in use', () => {
    const levels = [level(0), level(1), level(2, { codecSet: 'hvc1,mp4a' }), level(3, { videoRange: 'PQ' })];
    expect(candidatesOf(levels, level(1))).toEqual([0, 1]);
    expect(candidatesOf(levels, level(2, { codecSet: 'hvc1,mp4a' }))).toEqual([2]);
  });

  it('begins with standard range and the most efficient codec', () => {
    const levels = [
      level(0),
      level(1, { codecSet: 'hvc1,mp4a' }),
      level(2, { codecSet: 'av01,mp4a' }),
      level(3, { codecSet: 'hvc1,mp4a', videoRange: 'PQ' }),
    ];
    expect(candidatesOf(levels, null)).toEqual([1]);
    expect(
      candidatesOf(
        levels.filter(({ videoRange }) => videoRange === 'PQ'),
        null,
      ),
    ).toEqual([3]);
  });

  it('begins with standard range though a more efficient codec has only a higher one', () => {
    expect(candidatesOf([level(0), level(1, { codecSet: 'hvc1,mp4a', videoRange: 'PQ' })], null)).toEqual([0]);
  });

  it('does not begin with a codec that the browser cannot decode', () => {
    expect(candidatesOf([level(0), level(1, { codecSet: 'hvc1,mp4a', decodable: false })], null)).toEqual([0]);
  });

  it('never shows fewer frames going up or more going down', () => {
    const levels = [
      level(0, { frameRate: 25 }),
      level(1, { frameRate: 50 }),
      level(2, { frameRate: 25 }),
      level(3, { frameRate: 50 }),
    ];
    expect(candidatesOf(levels, level(1, { frameRate: 50 }))).toEqual([0, 1, 3]);
    expect(candidatesOf(levels, level(2, { frameRate: 25 }))).toEqual([0, 2, 3]);
    expect(candidatesOf(levels, null), 'nothing to be continuous with yet').toEqual([0, 1, 2, 3]);
  });

  it('gives wishes up one after another rather than offer nothing: continuity, decoding, health', () => {
    const other = level(1, { codecSet: 'hvc1,mp4a' });
    expect(candidatesOf([level(0, { healthy: false }), other], level(0))).toEqual([1]);
    expect(candidatesOf([level(0, { healthy: false }), level(1, { decodable: false })], level(0))).toEqual([1]);
    expect(candidatesOf([level(0, { healthy: false }), level(1, { healthy: false })], level(0))).toEqual([0, 1]);
    expect(candidatesOf([], null)).toEqual([]);
  });
});
