import { describe, expect, it } from 'vitest';
import { BRIEF_LADDER, madeUpSession } from '../session/made-up-session.ts';
import { advance, EMPTY_TIMELINE, replay } from '../session/timeline.ts';
import { parseQualityTable, type QualityTable, ssimQoe, vmafQoe } from './picture-quality.ts';

const ladder = BRIEF_LADDER.slice(0, 2);
const [low = { id: '' }, high = { id: '' }] = ladder;
const table: QualityTable = { segmentDuration: 4, renditions: { [low.id]: [40, 50, 60], [high.id]: [80, 90, 70] } };
const session = { ladder, startup: 0.5, renditions: [0, 1, 1], stalls: [{ at: 6, duration: 1 }] };
const timeline = replay(madeUpSession(session));

describe('vmaf', () => {
  it('0.8469·Σ VMAF − 28.7959·T + 0.298·rises − 1.061·falls: 40, 90, 70; 1 s of stalling, 0.5 s of start-up', () => {
    const { value, terms } = vmafQoe({ table, normalise: 'sum' }).score(timeline);
    expect(terms.quality).toBeCloseTo(0.8469011 * 200, 9);
    expect(terms.stalling).toBeCloseTo(-28.79591348, 9);
    expect(terms.startup).toBeCloseTo(-28.79591348 / 2, 9);
    expect(terms.switching).toBeCloseTo(0.29797156 * 50 - 1.06099887 * 20, 9);
    expect(value).toBeCloseTo(0.8469011 * 200 - 28.79591348 * 1.5 + 0.29797156 * 50 - 1.06099887 * 20, 9);
    expect(vmafQoe({ table }).score(timeline).value).toBeCloseTo((value as number) / 3, 9);
  });

  it("with penalties of one's own", () => {
    const penalties = { stall: 10, up: 0, down: 0 };
    const { value } = vmafQoe({ table, penalties, normalise: 'sum' }).score(timeline);
    expect(value).toBeCloseTo(0.8469011 * 200 - 15, 9);
  });

  it('leaves out, and says so, what the table does not know', () => {
    const short = { ...table, renditions: { [low.id]: [40], [high.id]: [80, 90] } };
    const { terms, notes } = vmafQoe({ table: short }).score(timeline);
    expect(terms.quality).toBeCloseTo((0.8469011 * 130) / 2, 9);
    expect(notes).toEqual(['no quality known for 4.0 s of what was shown: left out']);
    expect(vmafQoe({ table: { segmentDuration: 4, renditions: {} } }).score(timeline).value).toBeNull();
  });

  it('is at every fact what a replay up to it says', () => {
    const facts = madeUpSession({ ...session, sampleInterval: 0.5 });
    const scorer = vmafQoe({ table });
    let live = EMPTY_TIMELINE;
    for (const [index, fact] of facts.entries()) {
      live = advance(live, fact);
      expect(scorer.score(live)).toEqual(vmafQoe({ table }).score(replay(facts.slice(0, index + 1))));
    }
  });

  it('splits media without known segments by the table', () => {
    const bare = madeUpSession(session).filter(({ type }) => type !== 'buffered' && type !== 'request');
    expect(vmafQoe({ table }).score(replay(bare)).value).toBeCloseTo(
      vmafQoe({ table }).score(timeline).value as number,
      9,
    );
  });
});

it('ssim: in decibels, −10·log10(1 − SSIM): 0.9 is 10 dB, 0.99 is 20 dB, 1 is 60 dB', () => {
  const inDecibels = { segmentDuration: 4, renditions: { [low.id]: [0.9, 0, 0], [high.id]: [0, 0.99, 1] } };
  const { terms, value } = ssimQoe({ table: inDecibels, normalise: 'sum' }).score(timeline);
  expect(terms.quality).toBeCloseTo(90, 9);
  expect(terms.switching).toBeCloseTo(-50, 9);
  expect(value).toBeCloseTo(90 - 20 * 1.5 - 50, 9);
});

describe('parseQualityTable', () => {
  it('reads what it should', () => {
    expect(parseQualityTable(JSON.stringify(table))).toEqual(table);
  });

  it.each([
    ['null', 'segmentDuration must be a number > 0 s, got undefined'],
    ['{"segmentDuration":0,"renditions":{}}', 'segmentDuration must be a number > 0 s, got 0'],
    ['{"segmentDuration":4,"renditions":[]}', 'renditions must be an object of lists by rendition id, got []'],
    ['{"segmentDuration":4,"renditions":{"a":["x"]}}', 'renditions["a"] must be a list of at most 43200 numbers'],
  ])('refuses %s', (text, message) => {
    expect(() => parseQualityTable(text)).toThrow(message);
  });

  it('is not fooled by names that objects inherit', () => {
    const inherited = { ...table, renditions: {} };
    const events = madeUpSession({
      ...session,
      ladder: ladder.map((rung, index) => ({ ...rung, id: index ? 'toString' : 'constructor' })),
    });
    expect(vmafQoe({ table: inherited }).score(replay(events)).value).toBeNull();
  });
});
