import { describe, expect, it } from 'vitest';
import { wrongWithMp4 } from './mp4-check.ts';

const bytes = (...parts: readonly (readonly number[])[]): number[] => parts.flat();
const uint32 = (value: number): number[] => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
const box = (type: string, ...contents: readonly (readonly number[])[]): number[] => {
  const body = bytes(...contents);
  return bytes(
    uint32(body.length + 8),
    [...type].map((letter) => letter.charCodeAt(0)),
    body,
  );
};
const buffer = (...parts: readonly (readonly number[])[]): ArrayBuffer => Uint8Array.from(bytes(...parts)).buffer;

const moof = box('moof', box('mfhd', uint32(0), uint32(1)), box('traf', box('tfhd', uint32(0), uint32(1))));
const mdat = box(
  'mdat',
  Array.from({ length: 100 }, (_, i) => i),
);

describe('wrongWithMp4', () => {
  it.each([
    ['a fragment', buffer(moof, mdat)],
    ['several, after boxes of other kinds', buffer(box('styp', uint32(0)), box('sidx'), moof, mdat, moof, mdat)],
    ['an initialization segment', buffer(box('ftyp', uint32(0)), box('moov', box('mvhd')))],
    [
      'media data with a 64-bit size',
      buffer(moof, bytes(uint32(1), [0x6d, 0x64, 0x61, 0x74], uint32(0), uint32(20), uint32(7))),
    ],
    ['media data to the end of the file', buffer(moof, bytes(uint32(0), [0x6d, 0x64, 0x61, 0x74], uint32(7)))],
    ['a segment encrypted as a whole, or of another container', buffer([71, 64, 17, 16, 0, 66, 240, 37, 0, 1, 193])],
  ])('%s is in order', (_what, body) => {
    expect(wrongWithMp4(body)).toBeNull();
  });

  it.each([
    ['nothing', buffer(), 'it is empty'],
    ['a few bytes', buffer([0, 0, 0]), 'it is shorter than a box'],
    ['a file cut short in its media data', buffer(moof, mdat.slice(0, 50)), 'it ends within a box'],
    ['a file cut short in a header', buffer(moof, mdat.slice(0, 5)), 'it ends within a box'],
    ['a size too small for a header', buffer(moof, bytes(uint32(4), [0x6d, 0x64, 0x61, 0x74])), 'it ends within a box'],
    [
      'a fragment with damage inside',
      buffer(
        moof.map((value, at) => (at >= 8 && at % 3 === 2 ? value ^ 0xa5 : value)),
        mdat,
      ),
      'a movie fragment is broken',
    ],
    ['a fragment without its header', buffer(box('moof', box('traf')), mdat), 'a movie fragment is broken'],
  ])('%s: %s', (_what, body, expected) => {
    expect(wrongWithMp4(body)).toBe(expected);
  });
});
