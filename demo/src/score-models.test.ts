import { EMPTY_TIMELINE, replay } from 'sluice/qoe';
import { describe, expect, test } from 'vitest';
import { BRIEF_LADDER, madeUpSession } from '../../src/session/made-up-session.ts';
import { partOf, SCORE_MODELS, weighing } from './score-models.ts';

const timeline = replay(
  madeUpSession({
    ladder: BRIEF_LADDER,
    startup: 1,
    renditions: [0, 5, 9],
    stalls: [{ at: 6, duration: 2 }],
    sound: true,
    playerSize: { width: 1280, height: 720 },
  }),
);

describe.each(SCORE_MODELS.map((model) => [model.name, model] as const))('%s', (_name, model) => {
  const score = model.create().score(timeline);

  test('has every part that the page shows, within its plot and its bars', () => {
    expect(score.value).not.toBeNull();
    const values = [score.value, ...model.parts.map(({ term }) => partOf(score, term))].map((one) => one ?? Number.NaN);
    const [low, high] = model.range(Math.min(...values), Math.max(...values));
    for (const value of values) {
      expect(value).toBeGreaterThanOrEqual(low);
      expect(value).toBeLessThanOrEqual(high);
    }
    for (const { term } of model.parts) {
      const share = model.share(term, score, timeline.ladder);
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThanOrEqual(1);
    }
    expect(model.headline(score)).toMatch(/^-?\d/);
  });

  test('a sum is the sum of the parts shown', () => {
    if (score.weights === undefined) return;
    const sum = model.parts.reduce((all, { term }) => all + (partOf(score, term) ?? Number.NaN), 0);
    expect(sum).toBeCloseTo(score.value ?? Number.NaN, 9);
  });

  test('has a dash before there is a score', () => {
    expect(model.headline(model.create().score(EMPTY_TIMELINE))).toBe('–');
  });
});

test('a weight stands beside the term that it multiplies', () => {
  const score = { value: 1, terms: { quality: 2.306, stalling: -1 }, weights: { quality: 0.4, stalling: 1 } };
  expect(weighing(score, 'quality')).toBe('0.4 × 2.31');
  expect(weighing(score, 'stalling')).toBe('');
  expect(weighing(score, 'nothing')).toBe('');
  expect(partOf(score, 'quality')).toBeCloseTo(0.9224, 12);
  expect(partOf(score, 'nothing')).toBeNull();
});
