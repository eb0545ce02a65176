import { describe, expect, it } from 'vitest';
import { BRIEF_LADDER, madeUpSession } from '../session/made-up-session.ts';
import { EMPTY_TIMELINE, replay } from '../session/timeline.ts';
import { MODEL_NAMES, modelByName } from './models.ts';
import { parseForestCsv } from './p1203/forest.ts';

const quality = {
  segmentDuration: 4,
  renditions: Object.fromEntries(BRIEF_LADDER.map(({ id }) => [id, [50, 60, 70]])),
};
const p1203 = { forest: parseForestCsv(['0, -1, 4, 0, 0']) };
const timeline = replay(
  madeUpSession({
    ladder: BRIEF_LADDER,
    startup: 1,
    renditions: [0, 5, 9],
    sound: true,
    playerSize: { width: 1280, height: 720 },
  }),
);

describe.each([...MODEL_NAMES])('%s', (name) => {
  const scorer = modelByName(name, { quality, p1203 });

  it('goes by its name, scores a session, and says why', () => {
    expect(scorer.name).toBe(name);
    const { value, terms } = scorer.score(timeline);
    expect(value).toSatisfy(Number.isFinite);
    expect(Object.keys(terms).length).toBeGreaterThan(2);
    expect(Object.values(terms).every(Number.isFinite)).toBe(true);
  });

  it('that has weights is their sum over its terms', () => {
    const { value, terms, weights } = scorer.score(timeline);
    if (weights === undefined) return;
    const parts = Object.entries(weights).map(([term, weight]) => weight * (terms[term] ?? Number.NaN));
    expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(value ?? Number.NaN, 9);
  });

  it('has no score for a session in which nothing happened', () => {
    expect(scorer.score(EMPTY_TIMELINE).value).toBeNull();
  });

  it('does not change the timeline', () => {
    const before = JSON.stringify(timeline);
    scorer.score(timeline);
    expect(JSON.stringify(timeline)).toBe(before);
  });
});

it('a sum says what its parts count; the others say how they are made up', () => {
  const weighing = MODEL_NAMES.filter((name) => modelByName(name, { quality, p1203 }).score(timeline).weights);
  expect(weighing).toEqual(['weighted', 'linear', 'linear-log', 'linear-hd', 'vmaf', 'ssim']);
  expect(modelByName('weighted').score(timeline).weights).toEqual({
    quality: 0.4,
    stability: 0.3,
    startup: 0.2,
    buffering: 0.1,
  });
});

it('takes options for the model they are for', () => {
  expect(modelByName('linear', { linear: { stallPenalty: 0, startup: false } }).score(timeline).terms.startup).toBe(0);
});

it('refuses what it does not know, or cannot make', () => {
  expect(() => modelByName('mos')).toThrow(
    'model must be one of weighted, linear, linear-log, linear-hd, p1203, experience, vmaf, ssim, got "mos"',
  );
  expect(() => modelByName('vmaf')).toThrow('model "vmaf" needs a table of the quality of each segment, got none');
});
