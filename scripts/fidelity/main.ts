/**
 * `npm run fidelity [-- --record DIR] [--from DIR] [--against DIR] [--only NAME,…] [--engine hls|shaka] [--parallel N]`: the same
 * strategy, stream and network in real Chromium and in the simulator, for every case and both engines: which segments were fetched at
 * the same rendition, and how far start-up, stalls and bitrate are apart. `--record` keeps the sessions, `--from` compares kept ones
 * without a browser, `--against` compares with those of another run instead of the simulator: how far apart two runs of the same
 * browser are is as near as any simulator can come. Exits with 1 where an aim is missed.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlaybackEvent } from '../../src/media/playback-event.ts';
import { toNdjson } from '../../src/session/event-log.ts';
import { parseNdjson } from '../../src/session/parse-ndjson.ts';
import { ENGINES, type FidelityCase, type FidelityEngine, fidelityCases } from './cases.ts';
import { type Comparison, compareSession } from './compare-session.ts';
import { createRecorder } from './record.ts';

interface Work {
  readonly engine: FidelityEngine;
  readonly one: FidelityCase;
}

const option = (name: string): string | null => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? null : (process.argv[at + 1] ?? null);
};

const only = option('only')?.split(',') ?? null;
const engines = ENGINES.filter((engine) => (option('engine') ?? engine) === engine);
const parallel = Number(option('parallel') ?? 2);
if (!(Number.isInteger(parallel) && parallel > 0)) {
  throw new RangeError(`--parallel must be a whole number > 0, got ${option('parallel')}`);
}
const work: Work[] = fidelityCases()
  .filter(({ trace }) => only === null || only.includes(trace.id))
  .flatMap((one) => engines.map((engine) => ({ engine, one })));
if (work.length === 0) throw new RangeError(`--only must name traces of the cases, got ${option('only')}`);

const fileOf = (folder: string, { engine, one }: Work): string =>
  join(folder, `${engine}-${one.trace.id}-${one.strategy}.ndjson`);

/** A session that was recorded before; null if it was not. */
const kept = (folder: string, each: Work): readonly PlaybackEvent[] | null =>
  existsSync(fileOf(folder, each)) ? parseNdjson(readFileSync(fileOf(folder, each), 'utf8')) : null;

async function sessions(): Promise<[Work, readonly PlaybackEvent[]][]> {
  const from = option('from');
  if (from !== null) {
    return work.flatMap((each) => {
      const events = kept(from, each);
      return events === null ? [] : [[each, events] satisfies [Work, readonly PlaybackEvent[]]];
    });
  }
  const keep = option('record');
  if (keep !== null) mkdirSync(keep, { recursive: true });
  const recorder = await createRecorder();
  const results: [Work, readonly PlaybackEvent[]][] = [];
  const left = [...work];
  const run = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const events = await recorder.record(next.engine, next.one);
      if (keep !== null) writeFileSync(fileOf(keep, next), toNdjson(events));
      if (process.stderr.isTTY) process.stderr.write(`\r${results.length + 1} of ${work.length} sessions recorded`);
      results.push([next, events]);
    }
  };
  try {
    await Promise.all(Array.from({ length: parallel }, run));
  } finally {
    await recorder.close();
  }
  if (process.stderr.isTTY) process.stderr.write('\n');
  return work.flatMap((each) => results.filter(([other]) => other === each));
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const signed = (value: number, digits: number): string => `${value < 0 ? '' : '+'}${value.toFixed(digits)}`;

function print(rows: readonly Comparison[], engine: string): boolean {
  console.log(`${engine}:`);
  console.log('  network        strategy     levels alike   start s          stall s          Mbit/s');
  for (const row of rows) {
    const { alike, segments, startup, stall, bitrate } = row;
    const pair = ({ real, simulated }: { real: number; simulated: number }, digits: number): string =>
      `${real.toFixed(digits)} (${signed(simulated - real, digits)})`.padEnd(17);
    console.log(
      `  ${row.trace.padEnd(14)} ${row.strategy.padEnd(12)} ${`${alike} of ${segments}`.padEnd(14)} ` +
        `${pair(startup, 2)}${pair(stall, 2)}${pair({ real: bitrate.real / 1e6, simulated: bitrate.simulated / 1e6 }, 2)}`,
    );
  }
  const alike = mean(rows.map((row) => row.alike / row.segments));
  const bitrate = mean(rows.map(({ bitrate: { real, simulated } }) => Math.abs(simulated / real - 1)));
  const stall = mean(rows.map((row) => Math.abs(row.stall.simulated - row.stall.real) / row.minutes));
  const startup = mean(rows.map((row) => Math.abs(row.startup.simulated - row.startup.real)));
  const met = alike >= 0.9 && bitrate <= 0.03 && stall <= 0.5;
  console.log(
    `  ${(100 * alike).toFixed(1)} % of levels alike (aim 90), bitrate ${(100 * bitrate).toFixed(1)} % apart (aim 3), ` +
      `stalls ${stall.toFixed(2)} s a minute apart (aim 0.5), start-up ${startup.toFixed(2)} s apart${met ? '' : '  MISSED'}`,
  );
  return met;
}

const against = option('against');
const compared = (await sessions()).flatMap(([each, events]) => {
  const others = against === null ? undefined : kept(against, each);
  return others === null ? [] : [compareSession(each.engine, each.one, events, others)];
});
if (compared.length === 0)
  throw new RangeError('there is nothing to compare: no session of these cases was recorded there');
const met = engines.map((engine) => {
  const rows = compared.filter((row) => row.engine === engine);
  return rows.length === 0 || print(rows, engine);
});
if (met.includes(false)) process.exitCode = 1;
