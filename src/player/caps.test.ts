import { describe, expect, it } from 'vitest';
import { toLadder } from '../media/rendition.ts';
import { indexForSize, indexWithin } from './caps.ts';

const ladder = toLadder([
  { id: 'a', bitrate: 4e5, width: 416, height: 234 },
  { id: 'b', bitrate: 8e5, width: 640, height: 360 },
  { id: 'c', bitrate: 2e6, width: 1280, height: 720 },
  { id: 'd', bitrate: 3e6, width: 1280, height: 720 },
  { id: 'e', bitrate: 6e6, width: 1920, height: 1080 },
]);

describe('indexForSize', () => {
  it.each([
    // The first rendition that fills the box in either dimension, and those of the same size above it.
    [640, 360, 1],
    [641, 361, 3],
    [300, 169, 0],
    // A tall box is filled by its width.
    [640, 2000, 1],
    [1000, 400, 3],
  ])('allows what fills %i × %i device pixels and nothing larger', (width, height, index) => {
    expect(indexForSize(ladder, width, height)).toBe(index);
  });

  it('does not limit where nothing is larger than the box, or there is no box', () => {
    expect(indexForSize(ladder, 1920, 1080)).toBeNull();
    expect(indexForSize(ladder, 3840, 2160)).toBeNull();
    expect(indexForSize(ladder, 0, 0)).toBeNull();
  });
});

describe('indexWithin', () => {
  it('keeps to a height, a bitrate or an index, and to the lowest where all are above', () => {
    expect(indexWithin(ladder, { height: 720 })).toBe(3);
    expect(indexWithin(ladder, { height: 100 })).toBe(0);
    expect(indexWithin(ladder, { bitrate: 2_500_000 })).toBe(2);
    expect(indexWithin(ladder, { index: 99 })).toBe(4);
    expect(indexWithin(ladder, { index: -1 })).toBe(0);
  });
});
