import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BRIEF_LADDER, type MadeUpSession, madeUpSession } from '../session/made-up-session.ts';
import { replay } from '../session/timeline.ts';
import { experience } from './experience.ts';
import { linearQoe } from './linear-qoe.ts';
import { p1203 } from './p1203.ts';
import { ssimQoe, vmafQoe } from './picture-quality.ts';
import type { QoeScorer } from './qoe-scorer.ts';
import { weighted } from './weighted.ts';

/** VMAF and SSIM that grow with the rung, the same in every segment. */
const tableOf = (score: (rung: number) => number) => ({
  segmentDuration: 4,
  renditions: Object.fromEntries(BRIEF_LADDER.map(({ id }, rung) => [id, Array<number>(40).fill(score(rung))])),
});
const LINEAR: readonly QoeScorer[] = [
  linearQoe(),
  linearQoe({ quality: 'log', normalise: 'sum' }),
  linearQoe({ quality: 'hd', normalise: 'perSecond' }),
  vmafQoe({ table: tableOf((rung) => 30 + 7 * rung) }),
  ssimQoe({ table: tableOf((rung) => 0.8 + 0.02 * rung) }),
];
const ALL: readonly QoeScorer[] = [
  weighted(),
  ...LINEAR,
  experience(),
  p1203({ window: 60 }),
  p1203({ device: 'mobile', amendment1: true }),
];
/** {@link weighted} counts stalls by the hour watched, and stalling is watching: a longer stall can raise it. */
const FEEL_LENGTH = ALL.slice(1);

const scoreOf = (scorer: QoeScorer, session: MadeUpSession): number =>
  scorer.score(replay(madeUpSession(session))).value ?? Number.NaN;

const stalling = fc.record({ at: fc.integer({ min: 1, max: 119 }), duration: fc.integer({ min: 1, max: 20 }) });
const session: fc.Arbitrary<MadeUpSession & { readonly stalls: NonNullable<MadeUpSession['stalls']> }> = fc
  .record({
    startup: fc.double({ min: 0.1, max: 15, noNaN: true }),
    renditions: fc.array(fc.nat(9), { minLength: 2, maxLength: 30 }),
    stalls: fc.uniqueArray(stalling, { maxLength: 5, selector: ({ at }) => at }),
  })
  .map(({ startup, renditions, stalls }) => ({
    ladder: BRIEF_LADDER,
    startup,
    renditions,
    sound: true,
    playerSize: { width: 1920, height: 1080 },
    stalls: stalls.filter(({ at }) => at < renditions.length * 4).sort((a, b) => a.at - b.at),
  }));

/** Both scores are of the same size: rounding only. */
const atMost = (value: number, limit: number): void =>
  expect(value).toBeLessThanOrEqual(limit + 1e-9 * Math.max(1, Math.abs(limit)));

describe.each(FEEL_LENGTH.map((scorer) => [scorer.name, scorer] as const))('%s', (_name, scorer) => {
  it('a longer stall never raises it', () => {
    fc.assert(
      fc.property(session, fc.nat(), fc.integer({ min: 1, max: 60 }), (made, which, more) => {
        fc.pre(made.stalls.length > 0);
        const longer = made.stalls.map((stall, index) =>
          index === which % made.stalls.length ? { ...stall, duration: stall.duration + more } : stall,
        );
        atMost(scoreOf(scorer, { ...made, stalls: longer }), scoreOf(scorer, made));
      }),
    );
  });

  it('one more stall never raises it', () => {
    fc.assert(
      fc.property(session, stalling, (made, one) => {
        fc.pre(one.at < made.renditions.length * 4 && made.stalls.every(({ at }) => at !== one.at));
        const more = [...made.stalls, one].sort((a, b) => a.at - b.at);
        atMost(scoreOf(scorer, { ...made, stalls: more }), scoreOf(scorer, made));
      }),
    );
  });

  it('a longer start-up never raises it', () => {
    fc.assert(
      fc.property(session, fc.double({ min: 0.1, max: 20, noNaN: true }), (made, more) => {
        atMost(scoreOf(scorer, { ...made, startup: made.startup + more }), scoreOf(scorer, made));
      }),
    );
  });
});

describe.each(ALL.map((scorer) => [scorer.name, scorer] as const))('%s', (_name, scorer) => {
  it('a higher rendition throughout never lowers it', () => {
    fc.assert(
      fc.property(session, fc.nat(8), fc.integer({ min: 1, max: 9 }), (made, rung, steps) => {
        const at = (index: number) => ({ ...made, renditions: made.renditions.map(() => Math.min(index, 9)) });
        atMost(scoreOf(scorer, at(rung)), scoreOf(scorer, at(rung + steps)));
      }),
    );
  });
});

describe('weighted', () => {
  it('more stalls in the same time never raise it', () => {
    fc.assert(
      fc.property(session, (made) => {
        const [first] = made.stalls;
        fc.pre(first !== undefined && made.stalls.length === 1 && first.at + 1 < made.renditions.length * 4);
        const halves = [first, { ...first, at: first.at + 1 }].map((stall) => ({
          ...stall,
          duration: first.duration / 2,
        }));
        atMost(scoreOf(weighted(), { ...made, stalls: halves }), scoreOf(weighted(), made));
      }),
    );
  });

  it('but a longer one can raise it, which is why it does not claim more', () => {
    const made = { ladder: BRIEF_LADDER, startup: 1, renditions: Array<number>(150).fill(5) };
    const [short, long] = [10, 600].map((duration) =>
      scoreOf(weighted(), { ...made, stalls: [{ at: 100, duration }] }),
    );
    expect(long).toBeGreaterThan(short as number);
  });
});

describe('scores stand where they should', () => {
  const playerSize = { width: 1920, height: 1080 };
  const perfect = { ladder: BRIEF_LADDER, startup: 0, renditions: Array<number>(30).fill(9), sound: true, playerSize };
  const terrible = {
    ...perfect,
    startup: 20,
    renditions: Array.from({ length: 30 }, (_, index) => (index % 3 === 0 ? 1 : 0)),
    stalls: Array.from({ length: 11 }, (_, index) => ({ at: 6 + index * 10, duration: 8 })),
  };

  it.each<[string, QoeScorer, number, number, number]>([
    // 0.4·ln(5800/235) + 0.6; 0.4·ln(1.2) and next to nothing else
    ['weighted', weighted(), 1.882, 0.6, 0.001],
    ['linear', linearQoe(), 5.8, -10, 0.001],
    // 28.6 for 20 s of waiting, 10 for 11 stalls in a third of the time, 32 for a picture enlarged 4.5 times.
    ['experience', experience(), 100, 25, 0.001],
    // The best that the formulae can say is 0.02833 + 0.98117·5; the dev cases reach 4.91 with their forest.
    ['P.1203', p1203(), 4.934, 1.5, 0.001],
  ])('%s', (_name, scorer, best, worst, tolerance) => {
    expect(Math.abs(scoreOf(scorer, perfect) - best)).toBeLessThanOrEqual(tolerance);
    expect(scoreOf(scorer, terrible)).toBeLessThan(worst);
  });
});
