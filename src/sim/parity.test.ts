import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bola } from '../abr/bola.ts';
import { bolaE } from '../abr/bola-e.ts';
import { dynamic } from '../abr/dynamic.ts';
import { robustMpc } from '../abr/robust-mpc.ts';
import type { AbrStrategy } from '../abr/strategy.ts';
import { throughput } from '../abr/throughput.ts';
import { SHARED_FOLDER, sharedFile } from './cli/shared-folder.ts';
import { parseSabreMovie } from './movie.ts';
import { parseTraceCorpus } from './network-trace.ts';
import { sabre } from './profile.ts';
import { type SessionSummary, simulateSummary } from './simulate.ts';

interface GoldenRow {
  readonly id: string;
  readonly levels: string;
  readonly startup_ms: number;
  readonly rebuffer_ms: number;
  readonly avg_bitrate_kbps: number;
  readonly linear_qoe: number;
  readonly abandons: readonly unknown[];
}

interface Golden {
  readonly corpora: Readonly<Record<string, { movie: string; runs: Readonly<Record<string, readonly GoldenRow[]>> }>>;
}

const STRATEGIES: Readonly<Record<string, () => AbrStrategy>> = {
  bola: () => bola(),
  bolae: () => bolaE(),
  dynamic: () => dynamic(),
  throughput: () => throughput(),
};

const goldenFile = sharedFile('goldens', 'sabre-dev.json');

const read = (...path: string[]): string => readFileSync(sharedFile(...path) ?? '', 'utf8');

/** Every golden row of a configuration with what we make of the same trace. */
function sessions(key: string, strategy: () => AbrStrategy, abandonment: boolean): [GoldenRow, SessionSummary][] {
  const golden = JSON.parse(readFileSync(goldenFile ?? '', 'utf8')) as Golden;
  return Object.entries(golden.corpora).flatMap(([corpus, { movie: name, runs }]) => {
    const movie = parseSabreMovie(name, read('traces', 'movies', `${name}.json`));
    const traces = new Map(parseTraceCorpus(read('traces', 'dev', `${corpus}.json`)).map((trace) => [trace.id, trace]));
    return (runs[key] ?? []).map((row): [GoldenRow, SessionSummary] => {
      const trace = traces.get(row.id);
      if (trace === undefined) throw new Error(`no trace ${row.id} in ${corpus}`);
      const profile = sabre({ askAgain: true });
      return [row, simulateSummary({ movie, trace, strategy: strategy(), profile, abandonment })];
    });
  });
}

describe.each(Object.entries(STRATEGIES))('%s against Sabre', (key, strategy) => {
  it('chooses every segment of every trace as Sabre does, and waits as long', ({ skip }) => {
    skip(goldenFile === null, `no goldens in ${SHARED_FOLDER}`);
    const rows = sessions(`${key}-noa`, strategy, false);
    expect(rows.length).toBeGreaterThanOrEqual(417);
    expect(rows.filter(([golden, { levels }]) => golden.levels !== levels.join('')).map(([{ id }]) => id)).toEqual([]);
    for (const [golden, { startupTime, stallTime, averageBitrate, linearQoe }] of rows) {
      expect(Math.abs(startupTime * 1000 - golden.startup_ms)).toBeLessThan(1e-3);
      expect(Math.abs(stallTime * 1000 - golden.rebuffer_ms)).toBeLessThan(1e-3);
      expect(averageBitrate / 1000).toBeCloseTo(golden.avg_bitrate_kbps, 2);
      expect(linearQoe).toBeCloseTo(golden.linear_qoe, 4);
    }
  }, 60_000);

  it('gives downloads up as Sabre does, its slip included', ({ skip }) => {
    skip(goldenFile === null, `no goldens in ${SHARED_FOLDER}`);
    const rows = sessions(key, strategy, true);
    const same = rows.filter(([golden, { levels, abandonments }]) => {
      return golden.levels === levels.join('') && golden.abandons.length === abandonments;
    });
    // What is left are comparisons of two equal numbers, that rounding decides: a level of exactly 10 s, two equal scores.
    expect(same.length / rows.length).toBeGreaterThan(0.99);
  }, 120_000);
});

describe('robustMpc against the reference', () => {
  const file = sharedFile('goldens', 'clairvoyant-dev.json');

  it('is on every corpus at or above the published form, and in that form the same as the reference', ({ skip }) => {
    skip(file === null, `no goldens in ${SHARED_FOLDER}`);
    const golden = JSON.parse(readFileSync(file ?? '', 'utf8')) as {
      readonly corpora: Readonly<
        Record<string, { movie: string; traces: { id: string; algos: Record<string, { linear: number }> }[] }>
      >;
    };
    for (const [corpus, { movie: name, traces }] of Object.entries(golden.corpora)) {
      const movie = parseSabreMovie(name, read('traces', 'movies', `${name}.json`));
      const networks = new Map(parseTraceCorpus(read('traces', 'dev', `${corpus}.json`)).map((one) => [one.id, one]));
      const gains: number[] = [];
      let alike = 0;
      for (const { id, algos } of traces) {
        const trace = networks.get(id);
        if (trace === undefined) throw new Error(`no trace ${id} in ${corpus}`);
        const reference = algos.robustmpc?.linear ?? 0;
        const play = (strategy: AbrStrategy) =>
          simulateSummary({ movie, trace, strategy, abandonment: false }).linearQoe;
        gains.push(play(robustMpc()) - reference);
        if (Math.abs(play(robustMpc({ plansFor: 'lowerBound' })) - reference) < 1e-3) alike += 1;
      }
      expect(
        gains.reduce((sum, gain) => sum + gain, 0),
        corpus,
      ).toBeGreaterThanOrEqual(0);
      // The rest are plans of equal worth, between which the reference chooses by its last digit.
      expect(alike / traces.length, corpus).toBeGreaterThan(0.9);
    }
  }, 120_000);
});
