/**
 * `npm run bench:parity [-- --quick]`: every figure that the simulator and its strategies are held to by reference results, over
 * all dev traces of the shared folder: decisions against Sabre's, robustMpc against the reference's, the clairvoyant limit against
 * its bounds. `--quick` leaves the limit out, which takes about a second a trace. Exits with 1 where a figure is missed.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { bola } from '../src/abr/bola.ts';
import { bolaE } from '../src/abr/bola-e.ts';
import { dynamic } from '../src/abr/dynamic.ts';
import { robustMpc } from '../src/abr/robust-mpc.ts';
import type { AbrStrategy } from '../src/abr/strategy.ts';
import { throughput } from '../src/abr/throughput.ts';
import { runSessions } from '../src/sim/cli/run-sessions.ts';
import { SHARED_FOLDER, sharedFile } from '../src/sim/cli/shared-folder.ts';
import { type Movie, parseSabreMovie } from '../src/sim/movie.ts';
import { type NetworkTrace, parseTraceCorpus } from '../src/sim/network-trace.ts';
import { sabre } from '../src/sim/profile.ts';
import { simulateSummary } from '../src/sim/simulate.ts';

interface SabreRow {
  readonly id: string;
  readonly levels: string;
  readonly startup_ms: number;
  readonly rebuffer_ms: number;
  readonly abandons: readonly unknown[];
}

interface LimitRow {
  readonly id: string;
  readonly plan: number;
  readonly bound: number;
  readonly algos: Readonly<Record<string, { readonly linear: number }>>;
}

interface Corpus {
  readonly name: string;
  readonly movie: Movie;
  readonly traces: readonly NetworkTrace[];
  readonly sabre: Readonly<Record<string, readonly SabreRow[]>>;
  readonly limit: ReadonlyMap<string, LimitRow>;
}

/** The reference is rounded to this. */
const ROUNDING = 1e-5;

const quick = process.argv.includes('--quick');
let missed = 0;

function verdict(right: boolean): string {
  if (!right) missed += 1;
  return right ? '' : '  MISSED';
}

function read(...path: string[]): string {
  const file = sharedFile(...path);
  if (file === null) throw new Error(`${path.join('/')} is not in ${SHARED_FOLDER}: set SLUICE_SHARED to where it is`);
  return readFileSync(file, 'utf8');
}

function corpora(): Corpus[] {
  const sabreGolden = JSON.parse(read('goldens', 'sabre-dev.json')) as {
    readonly corpora: Readonly<Record<string, { readonly movie: string; readonly runs: Corpus['sabre'] }>>;
  };
  const limitGolden = JSON.parse(read('goldens', 'clairvoyant-dev.json')) as {
    readonly corpora: Readonly<Record<string, { readonly traces: readonly LimitRow[] }>>;
  };
  return Object.entries(sabreGolden.corpora).map(([name, { movie, runs }]) => ({
    name,
    movie: parseSabreMovie(movie, read('traces', 'movies', `${movie}.json`)),
    traces: parseTraceCorpus(read('traces', 'dev', `${name}.json`)),
    sabre: runs,
    limit: new Map(limitGolden.corpora[name]?.traces.map((row) => [row.id, row])),
  }));
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function againstSabre(all: readonly Corpus[], key: string, create: () => AbrStrategy, abandonment: boolean): void {
  let sessions = 0;
  let alike = 0;
  let apart = 0;
  for (const { movie, traces, sabre: runs } of all) {
    const rows = new Map(runs[abandonment ? key : `${key}-noa`]?.map((row) => [row.id, row]));
    for (const trace of traces) {
      const golden = rows.get(trace.id);
      if (golden === undefined) continue;
      const profile = sabre({ askAgain: true });
      const own = simulateSummary({ movie, trace, strategy: create(), profile, abandonment });
      sessions += 1;
      const same = own.levels.join('') === golden.levels && own.abandonments === golden.abandons.length;
      if (!same) continue;
      alike += 1;
      const start = Math.abs(own.startupTime * 1000 - golden.startup_ms);
      apart = Math.max(apart, start, Math.abs(own.stallTime * 1000 - golden.rebuffer_ms));
    }
  }
  const right = abandonment ? alike / sessions > 0.99 : alike === sessions && apart < 1e-3;
  const what = abandonment ? 'giving downloads up, slip included' : 'no abandonment';
  console.log(
    `  ${key.padEnd(11)}${what.padEnd(36)}${`${alike} of ${sessions}`.padStart(11)} alike, times within ${apart.toExponential(1)} ms${verdict(right)}`,
  );
}

function againstMpc(all: readonly Corpus[]): void {
  for (const { name, movie, traces, limit } of all) {
    const reference = mean(traces.map(({ id }) => limit.get(id)?.algos.robustmpc?.linear ?? 0));
    const of = (create: () => AbrStrategy, abandonment: boolean): number[] =>
      traces.map((trace) => simulateSummary({ movie, trace, strategy: create(), abandonment }).linearQoe);
    const published = of(() => robustMpc({ plansFor: 'lowerBound' }), false);
    const alike = traces.filter(
      ({ id }, at) => Math.abs((published[at] ?? 0) - (limit.get(id)?.algos.robustmpc?.linear ?? 0)) < 1e-3,
    );
    const own = mean(of(() => robustMpc(), false));
    const abandoning = mean(of(() => robustMpc(), true));
    const figures = [reference, own, abandoning].map((value) => value.toFixed(1).padStart(12)).join('');
    console.log(
      `  ${name.padEnd(13)}${figures}${`${alike.length} of ${traces.length}`.padStart(14)}${verdict(own >= reference && abandoning >= reference)}`,
    );
  }
}

async function limits(all: readonly Corpus[]): Promise<void> {
  const strategies = ['throughput', 'bba', 'bola', 'bolaE', 'dynamic', 'robustMpc', 'hlsjs', 'shaka', 'clairvoyant'];
  const heads = strategies.map((name) => name.padStart(12)).join('');
  console.log(`  ${''.padEnd(13)}${'in bounds'.padStart(10)}${'over plan'.padStart(10)}${heads}`);
  for (const { name, movie, traces, limit } of all) {
    const rows = await runSessions({ movie, strategies, settings: {}, reach: true }, traces, {
      jobs: availableParallelism(),
    });
    const best = rows.filter(({ strategy }) => strategy === 'clairvoyant');
    const inside = best.filter(({ trace, linearQoe }) => {
      const { plan = 0, bound = 0 } = limit.get(trace) ?? {};
      return linearQoe >= plan - ROUNDING && linearQoe <= bound + ROUNDING;
    });
    const over = mean(best.map(({ trace, linearQoe }) => linearQoe - (limit.get(trace)?.plan ?? 0)));
    const shares = strategies.map((wanted) => {
      const own = rows
        .filter(({ strategy }) => strategy === wanted)
        .map(({ shareOfReachable }) => shareOfReachable ?? 0);
      return `${(100 * mean(own)).toFixed(0)} %`.padStart(12);
    });
    const count = `${inside.length}/${best.length}`.padStart(10);
    console.log(
      `  ${name.padEnd(13)}${count}${over.toFixed(2).padStart(10)}${shares.join('')}${verdict(inside.length === best.length)}`,
    );
  }
}

const all = corpora();
console.log('Against Sabre, on every dev trace:');
const strategies = {
  bola: () => bola(),
  bolae: () => bolaE(),
  dynamic: () => dynamic(),
  throughput: () => throughput(),
};
for (const abandonment of [false, true]) {
  for (const [key, create] of Object.entries(strategies)) againstSabre(all, key, create, abandonment);
}
console.log(
  'Mean linear QoE of robustMpc: the reference, ours, ours giving downloads up; traces on which the published form is the same:',
);
againstMpc(all);
if (!quick) {
  console.log(
    'The limit within its bounds, its mean over the reference plan, and shares of what was reachable (with abandonment):',
  );
  await limits(all);
}
if (missed > 0) {
  console.log(`${missed} figures missed`);
  process.exitCode = 1;
}
