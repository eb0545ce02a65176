import { describe, expect, it } from 'vitest';
import { bufferAhead, rangesLost } from './buffer-ranges.ts';

describe('bufferAhead', () => {
  it.each([
    ['inside a range', [{ start: 0, end: 10 }], 4, 6],
    [
      'over a seam as small as between segments',
      [
        { start: 0, end: 4 },
        { start: 4.05, end: 8 },
      ],
      1,
      7,
    ],
    [
      'not over a gap',
      [
        { start: 0, end: 4 },
        { start: 5, end: 8 },
      ],
      1,
      3,
    ],
    ['just before the first range', [{ start: 0.05, end: 8 }], 0, 8],
    ['outside', [{ start: 10, end: 20 }], 4, 0],
    ['behind everything', [{ start: 0, end: 4 }], 6, 0],
    ['of nothing', [], 0, 0],
  ])('%s', (_what, ranges, position, expected) => {
    expect(bufferAhead(ranges, position)).toBeCloseTo(expected, 6);
  });
});

describe('rangesLost', () => {
  it('finds what went from the back, the front and the middle', () => {
    expect(rangesLost([{ start: 0, end: 30 }], [{ start: 10, end: 20 }])).toEqual([
      { start: 0, end: 10 },
      { start: 20, end: 30 },
    ]);
    expect(
      rangesLost(
        [{ start: 0, end: 30 }],
        [
          { start: 0, end: 10 },
          { start: 15, end: 30 },
        ],
      ),
    ).toEqual([{ start: 10, end: 15 }]);
  });

  it('finds nothing where the buffer grew or an end moved by a frame', () => {
    expect(rangesLost([{ start: 0, end: 8 }], [{ start: 0, end: 12 }])).toEqual([]);
    expect(rangesLost([{ start: 0, end: 8 }], [{ start: 0, end: 7.96 }])).toEqual([]);
  });

  it('finds everything after a seek out of the buffer', () => {
    expect(rangesLost([{ start: 0, end: 8 }], [{ start: 100, end: 104 }])).toEqual([{ start: 0, end: 8 }]);
  });
});
