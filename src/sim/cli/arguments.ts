import { existsSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { MODEL_NAMES } from '../../qoe/models.ts';
import type { Semantics } from '../play-trace.ts';
import { PROFILES } from '../profile.ts';
import type { LiveOptions } from '../simulate.ts';
import { SYNTHETIC_KINDS } from '../synthetic-trace.ts';
import { LIMIT, strategyList } from './strategies.ts';
import { messageOf, UsageError } from './usage-error.ts';

/** What the user asked for; `jobs` are workers, 1 does the work where it is. */
export interface SimArguments {
  readonly command: 'compare';
  readonly traces: readonly string[];
  readonly movie: string;
  readonly strategies: readonly string[];
  readonly maxBuffer: number | null;
  readonly semantics: Semantics;
  readonly abandonment: boolean;
  /** Null plays the movie on demand. */
  readonly live: LiveOptions | null;
  readonly json: string | null;
  readonly csv: string | null;
  readonly report: string | null;
  /** Whether the best that was possible is looked for. */
  readonly reach: boolean;
  /** QoE models that score each session; empty for none. */
  readonly models: readonly string[];
  readonly jobs: number;
}

/** The same for a recorded session; null where the session itself says it. */
export interface ReplayArguments {
  readonly command: 'replay';
  readonly session: string;
  readonly strategies: readonly string[];
  readonly maxBuffer: number | null;
  readonly semantics: Semantics | null;
  readonly abandonment: boolean;
  readonly json: string | null;
}

/** The text of `--help`. */
export function usage(): string {
  // The built package has a command of its own.
  const command = import.meta.url.endsWith('.ts') ? 'npm run sim --' : 'sluice';
  const width = Math.max(...strategyList().map(({ name }) => name.length));
  return `${command} --traces FILE… --movie FILE --strategies a,b,… [options]
${command} replay SESSION.ndjson --strategies a,b,… [options]

Plays a movie over network traces, once for each strategy, and compares; or plays a recorded session again, on the network
its viewer had, as other strategies would have played it.

  --traces FILE…       Sabre JSON, a corpus, Mahimahi, lines of "time throughput", a recorded session (.ndjson),
                       or synthetic:KIND[:COUNT], KIND one of ${SYNTHETIC_KINDS.join(', ')}
  --movie FILE         Sabre's movie file, an HLS playlist (.m3u8) or DASH manifest (.mpd), file or URL; or made-up
  --strategies a,b,…   which ones; the first is what the others are compared with
  --max-buffer S       s of media that are fetched ahead. Default: ${PROFILES.sabre().bufferTarget} for sabre, ${PROFILES.hls().bufferTarget} for hls, ${PROFILES.shaka().bufferTarget} for shaka
  --semantics NAME     whose timing: sabre (default), hls, shaka; a replay takes that of the engine that played
  --no-abandonment     downloads are never given up
  --live S             the movie as a live stream, S s behind its edge: each segment is there when its time has passed
  --catch-up RATE      live: how fast it plays while further behind than that, 1 to 2. Default: 1, it stays behind
  --models a,b,…       QoE models that score each session besides the linear QoE: ${MODEL_NAMES.join(', ')}
  --no-reach           shareOfReachable is null: the best that was possible takes about a second a trace to find
  --json OUT           {"sessions": […]} in s and bits/s; - is standard output
  --csv OUT            the same as a table; - is standard output
  --report OUT.html    a report that stands alone in one file; - is standard output
  --jobs N             worker threads. Default: all cores
  --help, -h           this text

Strategies:
${strategyList()
  .map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`)
  .join('\n')}`;
}

const OPTIONS = {
  traces: { type: 'string', multiple: true },
  movie: { type: 'string' },
  strategies: { type: 'string', multiple: true },
  'max-buffer': { type: 'string' },
  semantics: { type: 'string' },
  'no-abandonment': { type: 'boolean' },
  'no-reach': { type: 'boolean' },
  models: { type: 'string' },
  json: { type: 'string' },
  csv: { type: 'string' },
  report: { type: 'string' },
  jobs: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  live: { type: 'string' },
  'catch-up': { type: 'string' },
} as const;

/**
 * Reads the command line; null if only help is wanted.
 *
 * @throws UsageError naming the option, what was expected and what came
 */
export function parseArguments(args: readonly string[]): SimArguments | ReplayArguments | null {
  const { values, positionals, lists } = parse(args);
  if (values.help) return null;
  const common = {
    strategies: strategyNames(lists.strategies),
    maxBuffer: values['max-buffer'] === undefined ? null : seconds('--max-buffer', values['max-buffer']),
    abandonment: !values['no-abandonment'],
    json: output('--json', values.json),
  };
  const semantics = values.semantics === undefined ? null : semanticsOf(values.semantics);
  // The package's command is `sluice`: `sluice sim --traces …` says the same as `sluice --traces …`.
  const [command, ...rest] = positionals[0] === 'sim' ? positionals.slice(1) : positionals;
  if (command === 'replay') {
    const [session, extra] = rest;
    if (session === undefined || extra !== undefined) {
      throw new UsageError(`replay must have one SESSION.ndjson, got ${rest.length === 0 ? 'none' : rest.join(' ')}`);
    }
    if (lists.traces.length > 0) throw new UsageError('--traces is not for replay: the session has its own');
    for (const name of ['movie', 'csv', 'report', 'jobs', 'no-reach', 'models', 'live', 'catch-up'] as const) {
      if (values[name] !== undefined) throw new UsageError(`--${name} is not for replay: the session has its own`);
    }
    requireApart({ '--json': common.json }, [session]);
    return { command: 'replay', session, semantics, ...common };
  }
  if (command !== undefined) throw new UsageError(`'${command}' belongs to no option; files of traces follow --traces`);
  if (lists.traces.length === 0) throw new UsageError('--traces must have at least one FILE, got none');
  if (values.movie === undefined) throw new UsageError('--movie must be a FILE, or made-up; got nothing');
  const again = lists.traces.find((name, i) => lists.traces.indexOf(name) !== i);
  if (again !== undefined) throw new UsageError(`--traces must not have one twice, got '${again}' again`);
  const live = liveOptions(values.live, values['catch-up']);
  if (live !== null && common.strategies.includes(LIMIT)) {
    throw new UsageError(`--strategies: ${LIMIT} is not for --live: it would fetch what is not produced yet`);
  }
  const outputs = { csv: output('--csv', values.csv), report: output('--report', values.report) };
  requireApart({ '--json': common.json, '--csv': outputs.csv, '--report': outputs.report }, [
    ...lists.traces,
    values.movie,
  ]);
  return {
    command: 'compare',
    traces: lists.traces,
    movie: values.movie,
    semantics: semantics ?? 'sabre',
    live,
    ...outputs,
    reach: !values['no-reach'] && live === null,
    models: modelNames(values.models),
    jobs: values.jobs === undefined ? availableParallelism() : jobsOf(values.jobs),
    ...common,
  };
}

/** `--traces a b c` takes all that follow: a shell expands `*.json` to that. */
function parse(args: readonly string[]) {
  let parsed: ReturnType<typeof parseTokens>;
  try {
    parsed = parseTokens(args);
  } catch (cause) {
    // Node's own words, without its advice in further lines.
    const [first = ''] = messageOf(cause).split(/\n|\. To specify/);
    const missing = /^Option '(-[^' ]*)[^']*' argument is ambiguous/.exec(first)?.[1];
    throw new UsageError(
      missing === undefined ? first : `${missing} must have a value (one that begins with - is written ${missing}=…)`,
      {
        cause,
      },
    );
  }
  const lists = { traces: [] as string[], strategies: [] as string[] };
  const positionals: string[] = [];
  const seen = new Set<string>();
  let open: string[] | null = null;
  for (const token of parsed.tokens) {
    if (token.kind === 'option') {
      if (
        seen.has(token.name) &&
        OPTIONS[token.name as keyof typeof OPTIONS].type === 'string' &&
        !isList(token.name)
      ) {
        throw new UsageError(`--${token.name} must be given once, got '${token.value}' besides`);
      }
      seen.add(token.name);
      open = isList(token.name) ? lists[token.name] : null;
      if (open !== null && token.value !== undefined) open.push(token.value);
    } else if (token.kind === 'positional') (open ?? positionals).push(token.value);
  }
  return { values: parsed.values, positionals, lists };
}

function isList(name: string): name is 'traces' | 'strategies' {
  return name === 'traces' || name === 'strategies';
}

function parseTokens(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, tokens: true });
}

function strategyNames(lists: readonly string[]): string[] {
  const names = lists.flatMap((list) => list.split(',')).map((name) => name.trim());
  const wanted = names.filter((name) => name !== '');
  if (wanted.length === 0) {
    const known = strategyList().map(({ name }) => name);
    throw new UsageError(`--strategies must have at least one of ${known.join(', ')}; got none`);
  }
  const twice = wanted.find((name, i) => wanted.indexOf(name) !== i);
  if (twice !== undefined) throw new UsageError(`--strategies must not have one twice, got '${twice}' again`);
  return wanted;
}

function modelNames(list: string | undefined): string[] {
  const names = (list ?? '').split(',').map((name) => name.trim());
  const wanted = names.filter((name) => name !== '');
  const twice = wanted.find((name, i) => wanted.indexOf(name) !== i);
  if (twice !== undefined) throw new UsageError(`--models must not have one twice, got '${twice}' again`);
  const unknown = wanted.find((name) => !MODEL_NAMES.some((known) => known === name));
  if (unknown === undefined) return wanted;
  throw new UsageError(`--models must be of ${MODEL_NAMES.join(', ')}; got '${unknown}'`);
}

function semanticsOf(name: string): Semantics {
  if (Object.hasOwn(PROFILES, name)) return name as Semantics;
  throw new UsageError(`--semantics must be one of ${Object.keys(PROFILES).join(', ')}; got '${name}'`);
}

function seconds(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value;
  throw new UsageError(`${option} must be > 0 s, got '${text}'`);
}

function liveOptions(target: string | undefined, catchUp: string | undefined): LiveOptions | null {
  if (target === undefined) {
    if (catchUp !== undefined) throw new UsageError('--catch-up is for --live S, got no --live');
    return null;
  }
  const fastRate = Number(catchUp ?? 1);
  if (!(catchUp?.trim() !== '' && fastRate >= 1 && fastRate <= 2)) {
    throw new UsageError(`--catch-up must be a rate from 1 to 2, got '${catchUp}'`);
  }
  return { targetLatency: seconds('--live', target), fastRate };
}

/** No output is written over another, or over what was read. */
function requireApart(outputs: Readonly<Record<string, string | null>>, inputs: readonly string[]): void {
  const taken = new Map(inputs.map((file) => [resolve(file), `what is read from`]));
  for (const [option, file] of Object.entries(outputs)) {
    if (file === null) continue;
    const place = file === '-' ? file : resolve(file);
    const before = taken.get(place);
    if (before !== undefined) throw new UsageError(`${option} must not write over ${before} '${file}'`);
    taken.set(place, `the output of ${option} in`);
  }
}

function jobsOf(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value <= 256) return value;
  throw new UsageError(`--jobs must be a whole number from 1 to 256, got '${text}'`);
}

/** Found out before the work, not after it. */
function output(option: string, file: string | undefined): string | null {
  if (file === undefined) return null;
  if (file === '-') return file;
  if (file === '' || (existsSync(file) && statSync(file).isDirectory())) {
    throw new UsageError(`${option} must be a file to write, got ${file === '' ? 'nothing' : `the folder '${file}'`}`);
  }
  if (!existsSync(dirname(file))) throw new UsageError(`${option}: there is no folder '${dirname(file)}'`);
  return file;
}
