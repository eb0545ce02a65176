import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packCounts, unpackCounts } from './packed-counts.ts';
import { stretches } from './sqlite-queries.ts';

const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('packed counts', () => {
  it('are read as they were written, without what is nothing', () => {
    const counts = fc.dictionary(fc.integer().map(String), fc.nat());
    fc.assert(
      fc.property(counts, (made) => {
        const map = new Map(Object.entries(made).map(([bucket, count]) => [Number(bucket), count]));
        expect(unpackCounts(packCounts(map))).toEqual(new Map([...map].filter(([, count]) => count > 0)));
      }),
    );
    expect(
      packCounts(
        new Map([
          [3, 1],
          [-5, 2],
          [7, 0],
        ]),
      ),
    ).toBe('[-5,2,3,1]');
  });
});

describe('the stretches of a window', () => {
  it('are days, hours, quarters and minutes, worked by hand', () => {
    const from = 3 * DAY + 22 * HOUR + 28 * MINUTE;
    const to = 5 * DAY + 77 * MINUTE;
    expect(stretches({ from, to }, null)).toEqual([
      [MINUTE, from, 3 * DAY + 22 * HOUR + 30 * MINUTE],
      [QUARTER, 3 * DAY + 22 * HOUR + 30 * MINUTE, 3 * DAY + 23 * HOUR],
      [HOUR, 3 * DAY + 23 * HOUR, 4 * DAY],
      [DAY, 4 * DAY, 5 * DAY],
      [HOUR, 5 * DAY, 5 * DAY + HOUR],
      [QUARTER, 5 * DAY + HOUR, 5 * DAY + 75 * MINUTE],
      [MINUTE, 5 * DAY + 75 * MINUTE, to],
    ]);
    // Points of three hours: no row may be longer than one.
    expect(stretches({ from: 0, to: 2 * DAY }, 3 * HOUR)).toEqual([[HOUR, 0, 2 * DAY]]);
    expect(stretches({ from: 5, to: 90 }, null)).toEqual([[MINUTE, 5, 90]]);
  });

  it('have no row longer than a point', () => {
    expect(stretches({ from: 0, to: 2 * DAY }, 5 * MINUTE)).toEqual([[MINUTE, 0, 2 * DAY]]);
    expect(stretches({ from: 0, to: 2 * DAY }, 15 * MINUTE)).toEqual([[QUARTER, 0, 2 * DAY]]);
  });

  it('cover the window once, and rows of a grain whole', () => {
    fc.assert(
      fc.property(fc.nat(9 * DAY), fc.integer({ min: 1, max: 9 * DAY }), (from, length) => {
        const parts = stretches({ from, to: from + length }, null);
        let end = from;
        for (const [grain, start, stop] of parts) {
          expect(start).toBe(end);
          expect(stop).toBeGreaterThan(start);
          if (grain !== MINUTE) expect([start % grain, stop % grain]).toEqual([0, 0]);
          end = stop;
        }
        expect(end).toBe(from + length);
      }),
    );
  });
});
