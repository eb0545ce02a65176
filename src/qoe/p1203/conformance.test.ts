import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Forest, parseForestCsv } from './forest.ts';
import type { P1203Input } from './input.ts';
import { scoreP1203 } from './score-p1203.ts';

/**
 * Against outputs of the ITU reference software for 150 sessions. Its licence lets neither them nor its forest be
 * published: they are read where they are, if they are there.
 */
const CASES = process.env.P1203_CASES ?? '../shared/p1203/dev.json';
const FOREST = process.env.P1203_FOREST ?? '';

type Outputs = Record<string, number | number[] | null>;
interface Case {
  readonly id: string;
  readonly kind: string;
  readonly input: P1203Input;
  readonly output: Outputs;
  readonly amd1: Outputs;
  readonly app2: Outputs;
}

const cases: readonly Case[] = existsSync(CASES) ? JSON.parse(readFileSync(CASES, 'utf8')).cases : [];
const forest: Forest | null = existsSync(FOREST)
  ? parseForestCsv(
      readdirSync(FOREST)
        .filter((name) => name.endsWith('.csv'))
        .map((name) => readFileSync(join(FOREST, name), 'utf8')),
    )
  : null;

/** The files are rounded to six decimals. */
const TOLERANCE = 1e-6;

/** What is further from the reference than it may be. */
function differences(ours: object, reference: Outputs): string[] {
  return Object.entries(reference).flatMap(([name, expected]) => {
    if (name === 'O46' && forest === null) return [];
    const got = (ours as Outputs)[name];
    const [wanted, had] = [[expected].flat(), [got].flat()];
    if (wanted.length !== had.length) return [`${name}: ${had.length} values instead of ${wanted.length}`];
    const worst = Math.max(
      0,
      ...wanted.map((value, index) => Math.abs((value ?? Number.NaN) - (had[index] ?? Number.NaN))),
    );
    return worst <= TOLERANCE ? [] : [`${name}: off by ${worst}`];
  });
}

describe.skipIf(cases.length === 0)('ITU-T P.1203, by the reference', () => {
  it('has cases of both modes', () => {
    expect(cases.length).toBeGreaterThan(100);
  });

  it.each(cases.map((one) => [one.id, one.kind, one] as const))(
    '%s (%s)',
    (_id, _kind, { input, output, amd1, app2 }) => {
      const amended = { forest, amendment1Audiovisual: true, amendment1Stalling: true };
      expect(differences(scoreP1203(input, { forest }), output)).toEqual([]);
      expect(differences(scoreP1203(input, amended), amd1)).toEqual([]);
      expect(differences(scoreP1203(input, { forest, appendix2: true }), app2)).toEqual([]);
    },
  );
});

if (cases.length === 0) {
  it('conformance was not checked', ({ skip }) => {
    skip(`no case file at ${CASES}: set P1203_CASES to one`);
  });
}

if (forest === null) {
  it('O46 was not checked', ({ skip }) => {
    skip('no forest: set P1203_FOREST to a folder with the tree files of ITU-T P.1203.3');
  });
}
