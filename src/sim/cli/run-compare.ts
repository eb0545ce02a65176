import type { PlaySettings } from '../play-trace.ts';
import { PROFILES } from '../profile.ts';
import type { SimArguments } from './arguments.ts';
import { progress } from './progress.ts';
import { readMovie } from './read-movie.ts';
import { readTraces } from './read-traces.ts';
import { reportHtml } from './report.ts';
import { runSessions } from './run-sessions.ts';
import { loadStrategies } from './strategies.ts';
import { type RowSet, summaryTable } from './summary-table.ts';
import { UsageError } from './usage-error.ts';
import { toCsv, toJson, writeOutput } from './write-output.ts';

/** Plays every strategy on every trace, and writes what was asked for; a table on a terminal, or where nothing was. */
export async function runCompare(args: SimArguments, signal: AbortSignal): Promise<void> {
  const { strategies, jobs, json, csv, report } = args;
  const set = await loadStrategies(strategies);
  const movie = await readMovie(args.movie, signal);
  const longest = Math.max(...movie.durations);
  const own = PROFILES[args.semantics]().bufferTarget;
  if ((args.maxBuffer ?? own) < longest) {
    const came = args.maxBuffer === null ? `nothing, and ${args.semantics} has ${own} s` : `${args.maxBuffer} s`;
    throw new UsageError(`--max-buffer must be at least a segment of the movie (${longest} s), got ${came}`);
  }
  if (args.live !== null && args.live.targetLatency < longest) {
    const why = `a segment is fetched when it is whole`;
    throw new UsageError(
      `--live must be at least a segment of the movie (${longest} s), as ${why}; got ${args.live.targetLatency} s`,
    );
  }
  const sets = await readTraces(args.traces, signal);
  const settings: PlaySettings = {
    semantics: args.semantics,
    maxBuffer: args.maxBuffer,
    abandonment: args.abandonment,
    live: args.live,
    models: args.models,
  };
  const told = progress(process.stderr, 'traces');
  const traces = sets.flatMap(({ traces: own }) => own);
  const rows = await runSessions({ movie, strategies, settings, reach: args.reach }, traces, {
    jobs,
    signal,
    onProgress: (done, total) => told.report(done, total),
  }).finally(() => told.end());
  let at = 0;
  const rowSets = sets.map(({ name, traces: own }): RowSet => {
    const from = at;
    at += own.length * strategies.length;
    return { name, rows: rows.slice(from, at) };
  });
  await writeOutput('--json', json, () => toJson(rows));
  await writeOutput('--csv', csv, () => toCsv(rows));
  await writeOutput('--report', report, () => reportHtml({ movie, settings, strategies, set, sets, rowSets }));
  const outputs = [json, csv, report];
  const asked = outputs.some((file) => file !== null);
  if (outputs.includes('-') || (asked && !process.stdout.isTTY)) return;
  console.log(summaryTable(rowSets));
}
