import { describe, expect, it } from 'vitest';
import { askForest, parseForestCsv } from './forest.ts';
import { integrate } from './integration.ts';

const constant = (value: number, seconds = 60): number[] => Array(seconds).fill(value);
const tree = ['0, 1, 5, 1, 2', '1, -1, 4.5, 0, 0', '2, 13, 30, 3, 4', '3, -1, 1.5, 0, 0', '4, -1, 2.5, 0, 0'].join(
  '\n',
);

describe('a constant session', () => {
  it('is as good as each of its seconds', () => {
    // O34 = −0.00069084 + 0.15374283·4 + 0.97153861·4 + 0.02461776·16
    const { O23, O34, O35, O46, partial, negativeBias, oscillation, adaptation } = integrate(
      constant(4),
      constant(4),
      [],
    );
    expect(O34).toHaveLength(60);
    expect(O34[0]).toBeCloseTo(4.89431908, 8);
    expect(O35).toBeCloseTo(4.89431908, 8);
    expect(O23).toBe(5);
    expect(negativeBias).toBeCloseTo(0, 12);
    expect([oscillation, adaptation]).toEqual([0, 0]);
    expect(O46).toBeNull();
    expect(partial).toBeCloseTo(0.02833052 + 0.98117059 * 4.89431908, 8);
  });

  it('with one initial delay of 3 s', () => {
    // It counts 0.48412879 + 0.51587121·2^−6 of its length after a minute: 1.476568 s.
    const { O23, partial, stalling } = integrate(constant(4), constant(4), [[0, 3]]);
    expect(stalling).toBeCloseTo(1.476567833, 8);
    expect(O23).toBeCloseTo(4.499357698, 8);
    expect(partial).toBeCloseTo(4.352254983, 8);
  });

  it('with two stalls: number, weighted length and mean distance', () => {
    const { O23, stalling } = integrate(constant(4), constant(4), [
      [0, 2],
      [30, 4],
    ]);
    expect(stalling).toBeCloseTo(3.17882932, 8);
    expect(O23).toBeCloseTo(3.914067233, 8);
  });

  it('without audio is taken to have the best', () => {
    expect(integrate([], constant(3), []).O34).toEqual(integrate(constant(5), constant(3), []).O34);
  });

  it('is as long as the shorter of audio and video', () => {
    expect(integrate(constant(4, 50), constant(4, 60), []).O34).toHaveLength(50);
  });
});

describe('stalls', () => {
  it('are moved so that the first is at 0', () => {
    expect(
      integrate(constant(4), constant(4), [
        [10, 2],
        [40, 4],
      ]).O23,
    ).toBe(
      integrate(constant(4), constant(4), [
        [0, 2],
        [30, 4],
      ]).O23,
    );
  });

  it('beyond the end or of no length do not count', () => {
    const only = integrate(constant(4), constant(4), [[0, 2]]).O23;
    expect(
      integrate(constant(4), constant(4), [
        [0, 2],
        [20, 0],
        [61, 9],
      ]).O23,
    ).toBe(only);
  });
});

describe('variants', () => {
  it('amendment 1: audio below 2 pulls down, by half at 1.5', () => {
    const plain = integrate(constant(1.5), constant(4), []).O34[0] as number;
    const amended = integrate(constant(1.5), constant(4), [], { amendment1Audiovisual: true }).O34[0] as number;
    expect(amended).toBeCloseTo(1 + 0.5 * (plain - 1), 12);
    expect(integrate(constant(2), constant(4), [], { amendment1Audiovisual: true }).O34).toEqual(
      integrate(constant(2), constant(4), []).O34,
    );
  });

  it('amendment 1: stalling of more than 15 s pulls down, of 30 s to the bottom', () => {
    const stalls = [
      [0, 0],
      [55, 40],
    ] as const;
    const { partial, stalling } = integrate(constant(4), constant(4), stalls, { amendment1Stalling: true });
    expect(stalling).toBeGreaterThan(30);
    expect(partial).toBeCloseTo(0.02833052 + 0.98117059, 12);
  });

  it('appendix 2: O35 is the weighted mean alone', () => {
    const video = Array.from({ length: 60 }, (_, second) => (second % 10 < 5 ? 1.5 : 4.5));
    const { O35, base, negativeBias } = integrate(constant(4), video, [], { appendix2: true });
    expect(O35).toBe(base);
    expect(negativeBias).toBeGreaterThan(0);
  });

  it('what changes over time takes off: bad moments, oscillation, changes', () => {
    const video = Array.from({ length: 60 }, (_, second) => (second % 10 < 5 ? 1.5 : 4.5));
    const { O35, base, negativeBias, oscillation, adaptation } = integrate(constant(4), video, []);
    expect(O35).toBeCloseTo(base - negativeBias - oscillation - adaptation, 12);
    // 11 changes in 60 s, spread 3: 0.17332553·3·11/60 − 0.01035647
    expect(adaptation).toBeCloseTo(0.0849725715, 9);
    expect(oscillation).toBeGreaterThan(0);
  });
});

describe('the forest', () => {
  it('goes left below a threshold, right from it on, and answers with the mean of its trees', () => {
    const forest = parseForestCsv([tree, tree.replace('4.5', '3.5')]);
    const features = (seconds: number, duration: number): number[] => [0, seconds, ...Array(11).fill(0), duration];
    expect(askForest(forest, features(4.9, 60))).toBe(4);
    expect(askForest(forest, features(5, 29))).toBe(1.5);
    expect(askForest(forest, features(5, 30))).toBe(2.5);
  });

  it('is a quarter of O46', () => {
    const forest = parseForestCsv([tree]);
    const { O46, forest: answer } = integrate(constant(4), constant(4), [], { forest });
    expect(answer).toBe(4.5);
    expect(O46).toBeCloseTo(0.02833052 + 0.98117059 * (0.75 * 4.89431908 + 0.25 * 4.5), 8);
  });

  it.each([
    ['', 'tree 1 must have 1…10000 rows, got 0'],
    ['0, 1, x, 1, 2', 'tree 1, row 1, must be "id, feature -1…13, value, left, right", got 0, 1, x, 1, 2'],
    ['0, 14, 1, 1, 2', 'tree 1, row 1, must be'],
    ['1, -1, 4, 0, 0', 'tree 1, row 1, must have id 0, got 1'],
    ['0, 1, 5, 1, 2\n1, -1, 4, 0, 0', 'tree 1, row 1, must go left to 1 and right to a later row, got 1 and 2'],
    ['0, 1, 5, 1, 0\n1, -1, 4, 0, 0', 'must go left to 1 and right to a later row, got 1 and 0'],
  ])('refuses what is no tree: %j', (text, message) => {
    expect(() => parseForestCsv([text])).toThrow(message);
  });

  it('refuses to be none', () => {
    expect(() => parseForestCsv([])).toThrow('texts must hold at least one tree, got none');
  });
});

it('wants a second of video at least', () => {
  expect(() => integrate([], [], [])).toThrow('O22 must have at least one second, got none');
});
