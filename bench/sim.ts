/**
 * `npm run bench:sim`: sessions of 199 segments for each second of one core (processor time), and what a decision costs, for each strategy. With
 * SABRE set to a checkout of UMass-LIDS/sabre, its Python plays some of the same sessions, start of the interpreter included.
 * Exits with 1 where `bola` or `robustMpc` is under its aim, or a simple strategy's decision over 10 µs.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STRATEGIES, STRATEGY_NAMES, type StrategyName } from '../src/abr/catalogue.ts';
import type { AbrStrategy } from '../src/abr/strategy.ts';
import { sharedFile } from '../src/sim/cli/shared-folder.ts';
import { madeUpMovie } from '../src/sim/made-up-movie.ts';
import { type Movie, parseSabreMovie } from '../src/sim/movie.ts';
import { type NetworkTrace, parseTraceCorpus } from '../src/sim/network-trace.ts';
import { simulateSummary } from '../src/sim/simulate.ts';
import { SYNTHETIC_KINDS, syntheticTraces } from '../src/sim/synthetic-trace.ts';

/** Sessions/s on one core that are aimed at. */
const AIMS: Readonly<Partial<Record<string, number>>> = { bola: 2000, robustMpc: 100 };
/** µs that a decision of the simple strategies may cost; those that plan ahead have no such aim. */
const DECISION_AIM = 10;
const PLANNERS: readonly string[] = ['robustMpc'];
/** ms that each measurement lasts, and how many are made: the fastest says what the code costs, the others what the machine did besides. */
const ROUND_MS = 400;
const ROUNDS = 5;
/** How often each question is asked again while it is timed. */
const REPEATS = 50;

const movieFile = sharedFile('traces', 'movies', 'bbb.json');
const corpusFile = sharedFile('traces', 'dev', 'oboe.json');
const movie: Movie =
  movieFile === null
    ? madeUpMovie({ duration: 199 * 3, segmentDuration: 3 })
    : parseSabreMovie('bbb', readFileSync(movieFile, 'utf8'));
const traces: readonly NetworkTrace[] =
  corpusFile === null
    ? SYNTHETIC_KINDS.flatMap((kind) => syntheticTraces(kind, 8))
    : parseTraceCorpus(readFileSync(corpusFile, 'utf8')).slice(0, 40);

/** ms of processor time that this process has had: on a machine with other work, what the clock says is the others' doing. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Sessions for each s of one core, in the best round. */
function sessionsPerSecond(create: () => AbrStrategy): number {
  let best = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = processorMs();
    let sessions = 0;
    do {
      const trace = traces[sessions % traces.length] as NetworkTrace;
      simulateSummary({ movie, trace, strategy: create(), abandonment: false });
      sessions += 1;
    } while (processorMs() - start < ROUND_MS);
    best = Math.max(best, (sessions / (processorMs() - start)) * 1000);
  }
  return best;
}

/** µs of a decision, the median over the questions of real sessions, each asked {@link REPEATS} times: a decision changes nothing. */
function decisionCost(create: () => AbrStrategy, sessions: number): number {
  const costs: number[] = [];
  for (const trace of traces.slice(0, sessions)) {
    const strategy = create();
    const timed: AbrStrategy = {
      ...strategy,
      decide(context) {
        const start = performance.now();
        for (let repeat = 0; repeat < REPEATS; repeat += 1) strategy.decide(context);
        costs.push(((performance.now() - start) * 1000) / REPEATS);
        return strategy.decide(context);
      },
    };
    simulateSummary({ movie, trace, strategy: timed, abandonment: false });
  }
  return costs.sort((a, b) => a - b)[Math.floor(costs.length / 2)] ?? 0;
}

/** Sessions/s of Sabre's own Python; null where it is not. */
function sabreSessionsPerSecond(algorithm: string): number | null {
  const folder = process.env.SABRE;
  if (folder === undefined || !existsSync(join(folder, 'src', 'sabre.py')) || movieFile === null) return null;
  const work = mkdtempSync(join(tmpdir(), 'sabre-'));
  try {
    const network = join(work, 'network.json');
    const [trace] = traces;
    const periods = (trace?.periods ?? []).map(({ duration, bandwidth, latency }) => ({
      duration_ms: duration * 1000,
      bandwidth_kbps: bandwidth / 1000,
      latency_ms: latency * 1000,
    }));
    writeFileSync(network, JSON.stringify(periods));
    const args = [join(folder, 'src', 'sabre.py'), '-n', network, '-m', movieFile, '-a', algorithm, '-noa'];
    const start = performance.now();
    const runs = 5;
    for (let run = 0; run < runs; run += 1) execFileSync('python3', args, { stdio: ['ignore', 'pipe', 'ignore'] });
    return (runs / (performance.now() - start)) * 1000;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const line = (what: string, ...values: readonly string[]): void =>
  console.log(`  ${what.padEnd(16)}${values.map((value) => value.padStart(22)).join('')}`);

console.log(
  `${movie.id}: ${movie.durations.length} segments, ${movie.ladder.length} renditions; ${traces.length} traces of ${corpusFile === null ? 'made-up networks' : 'oboe'}; one core`,
);
line('strategy', 'sessions a core s', 'µs a decision');
let missed = 0;
for (const name of STRATEGY_NAMES) {
  const { create } = STRATEGIES[name as StrategyName];
  const speed = sessionsPerSecond(create);
  const cost = decisionCost(create, PLANNERS.includes(name) ? 3 : 20);
  const aim = AIMS[name];
  const slow = aim !== undefined && speed < aim;
  const dear = !PLANNERS.includes(name) && cost > DECISION_AIM;
  if (slow || dear) missed += 1;
  line(
    name,
    `${speed.toFixed(0)}${aim === undefined ? '' : ` (aim ${aim})`}${slow ? ' !' : ''}`,
    `${cost.toFixed(2)}${dear ? ` (aim ${DECISION_AIM}) !` : ''}`,
  );
}
for (const algorithm of ['bola', 'dynamic', 'throughput']) {
  const speed = sabreSessionsPerSecond(algorithm);
  if (speed !== null) line(`Sabre, ${algorithm}`, speed.toFixed(2));
}
if (process.env.SABRE === undefined) console.log('  (SABRE is not set: Sabre itself was not timed)');
if (missed > 0) {
  console.log(`${missed} under their aim`);
  process.exitCode = 1;
}
