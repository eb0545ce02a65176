import { describe, expect, it } from 'vitest';
import { lossLedger } from './loss-ledger.ts';

const waiting = (): boolean => true;
const gone = (): boolean => false;

describe('the ledger of losses', () => {
  it('tells what was lost as ranges, apart by stream and reason', () => {
    const ledger = lossLedger();
    for (const seq of [4, 1, 2, 3, 9]) ledger.add('a', seq, 'memory');
    ledger.add('a', 5, 'age');
    ledger.add('b', 0, 'memory');
    expect(ledger.changed(waiting)).toEqual([
      {
        stream: 'a',
        reason: 'memory',
        ranges: [
          [1, 4],
          [9, 9],
        ],
        seq: -1,
      },
      { stream: 'a', reason: 'age', ranges: [[5, 5]], seq: -2 },
      { stream: 'b', reason: 'memory', ranges: [[0, 0]], seq: -3 },
    ]);
    expect(ledger.changed(waiting)).toEqual([]);
  });

  it('lets a note grow while it waits, and starts another once it is on its way', () => {
    const ledger = lossLedger();
    ledger.add('a', 1, 'store');
    ledger.changed(waiting);
    ledger.add('a', 2, 'store');
    expect(ledger.changed(waiting)).toEqual([{ stream: 'a', reason: 'store', ranges: [[1, 2]], seq: -1 }]);
    ledger.add('a', 7, 'store');
    expect(ledger.changed(gone)).toEqual([{ stream: 'a', reason: 'store', ranges: [[7, 7]], seq: -2 }]);
  });

  it('tells more ranges than a note holds in several', () => {
    const ledger = lossLedger();
    for (let seq = 0; seq < 2400; seq += 2) ledger.add('a', seq, 'memory');
    const notes = [...ledger.changed(waiting), ...ledger.changed(waiting), ...ledger.changed(waiting)];
    expect(notes.map(({ seq, ranges }) => [seq, ranges.length])).toEqual([
      [-1, 500],
      [-2, 500],
      [-3, 200],
    ]);
    expect(notes.flatMap(({ ranges }) => ranges).length).toBe(1200);
    expect(ledger.changed(waiting)).toEqual([]);
  });
});
