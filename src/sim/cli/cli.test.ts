import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { throughput } from '../../abr/throughput.ts';
import { experience } from '../../qoe/experience.ts';
import { weighted } from '../../qoe/weighted.ts';
import { toNdjson } from '../../session/event-log.ts';
import { madeUpMovie } from '../made-up-movie.ts';
import { traceBandwidth } from '../network-trace.ts';
import { simulate } from '../simulate.ts';
import { syntheticTrace, syntheticTraces } from '../synthetic-trace.ts';
import { whatIf } from '../what-if.ts';
import { parseArguments, type SimArguments, usage } from './arguments.ts';
import { readTraces } from './read-traces.ts';
import { runSessions } from './run-sessions.ts';
import { toCsv, toJson } from './write-output.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-sim-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const file = (name: string): string => join(folder, name);
const asked = (line: string): SimArguments => parseArguments(line.split(' ')) as SimArguments;

describe('scores by model', () => {
  const args = asked('--traces t --movie made-up --strategies throughput --models weighted,experience --no-reach');

  it('are those of the same scorers on the session that was simulated, and stand in JSON and CSV', async () => {
    const movie = madeUpMovie();
    const trace = syntheticTrace('cliff', { seed: 7 });
    const plan = { movie, strategies: args.strategies, settings: { models: args.models }, reach: false };
    const rows = await runSessions(plan, [trace], { jobs: 1 });
    const { timeline } = simulate({ movie, trace, strategy: throughput() });
    expect(rows[0]?.scores).toEqual({
      weighted: weighted().score(timeline).value,
      experience: experience().score(timeline).value,
    });
    expect(JSON.parse(toJson(rows)).sessions[0].scores).toEqual(rows[0]?.scores);
    const [head = '', line = ''] = toCsv(rows).split('\r\n');
    expect(head).toMatch(/,weighted,experience$/);
    expect(line).toContain(`,${rows[0]?.scores?.weighted},`);
  });

  it('are left out where nobody asked, and unknown models are named', async () => {
    const plan = { movie: madeUpMovie(), strategies: ['throughput'], settings: {}, reach: false };
    const rows = await runSessions(plan, [syntheticTrace('cliff', { seed: 7 })], { jobs: 1 });
    expect(rows[0]).not.toHaveProperty('scores');
    expect(() => asked('--traces t --movie m --strategies bola --models mos')).toThrow(
      "--models must be of weighted, linear, linear-log, linear-hd, p1203, experience, vmaf, ssim; got 'mos'",
    );
  });
});

describe('the arguments', () => {
  it('take as many traces as a shell makes of *.json, and lists of strategies in either form', () => {
    const args = asked('--traces a.json b.json c.log --movie m.json --strategies bola,dynamic throughput --jobs 3');
    expect(args).toMatchObject({
      command: 'compare',
      traces: ['a.json', 'b.json', 'c.log'],
      strategies: ['bola', 'dynamic', 'throughput'],
      jobs: 3,
      semantics: 'sabre',
      abandonment: true,
      maxBuffer: null,
    });
  });

  it.each([
    ['--movie m --strategies bola', '--traces must have at least one FILE, got none'],
    ['--traces t --strategies bola', '--movie must be a FILE, or made-up; got nothing'],
    ['--traces t --movie m', '--strategies must have at least one of percentile, capacityAware, throughput'],
    ['--traces t --movie m --strategies bola,bola', "--strategies must not have one twice, got 'bola' again"],
    ['--traces t --movie m --strategies bola --jobs 0', "--jobs must be a whole number from 1 to 256, got '0'"],
    ['--traces t --movie m --strategies bola --max-buffer none', "--max-buffer must be > 0 s, got 'none'"],
    [
      '--traces t --movie m --strategies bola --semantics dash',
      "--semantics must be one of sabre, hls, shaka; got 'dash'",
    ],
    ['--traces t --movie m --strategies bola --json /no/such/out.json', "--json: there is no folder '/no/such'"],
    ['--traces t --movie m --strategies bola --fast', "Unknown option '--fast'"],
    ['t.json --movie m --strategies bola', "'t.json' belongs to no option"],
    ['replay --strategies bola', 'replay must have one SESSION.ndjson, got none'],
    ['replay a.ndjson --strategies bola --movie m', '--movie is not for replay'],
    ['replay a.ndjson --strategies bola --traces t', '--traces is not for replay'],
    [
      'replay a.ndjson --strategies bola --json ./a.ndjson',
      "--json must not write over what is read from './a.ndjson'",
    ],
    ['--traces t --movie m --strategies bola --json m', "--json must not write over what is read from 'm'"],
    ['--traces t --movie m --strategies bola --json o --csv ./o', '--csv must not write over the output of --json in'],
    [
      '--traces t --movie m --strategies bola --json - --csv -',
      "--csv must not write over the output of --json in '-'",
    ],
    ['--traces t u t --movie m --strategies bola', "--traces must not have one twice, got 't' again"],
    ['--traces t --movie m --movie n --strategies bola', "--movie must be given once, got 'n' besides"],
    [
      '--traces t --movie m --strategies bola --jobs -1',
      '--jobs must have a value (one that begins with - is written --jobs=…)',
    ],
    ['--traces t --movie m --strategies bola --models linear,linear', "--models must not have one twice, got 'linear'"],
    ['--traces t --movie m --strategies bola --live soon', "--live must be > 0 s, got 'soon'"],
    ['--traces t --movie m --strategies bola --live 8 --catch-up 3', "--catch-up must be a rate from 1 to 2, got '3'"],
    ['--traces t --movie m --strategies bola --catch-up 1.1', '--catch-up is for --live S, got no --live'],
    ['--traces t --movie m --strategies bola,clairvoyant --live 8', '--strategies: clairvoyant is not for --live'],
  ])('%s: names the culprit', (line, message) => {
    expect(() => asked(line)).toThrow(message);
  });

  it('are the same behind `sim`, the name under which a package might be called', () => {
    expect(asked('sim --traces t --movie m --strategies bola')).toEqual(
      asked('--traces t --movie m --strategies bola'),
    );
  });

  it('explain themselves, with every strategy', () => {
    expect(parseArguments(['--help'])).toBeNull();
    expect(parseArguments(['-h'])).toBeNull();
    for (const name of ['percentile', 'bola', 'bolaE', 'dynamic', 'throughput'])
      expect(usage()).toContain(`  ${name} `);
  });
});

describe('traces', () => {
  it('are told apart by what is in them, and put into sets by file', async () => {
    await writeFile(
      file('one.json'),
      `\uFEFF${JSON.stringify([{ duration_ms: 1000, bandwidth_kbps: 800, latency_ms: 10 }])}`,
    );
    await writeFile(file('two.log'), '0 1\n2 4\n');
    const corpus = { traces: ['x', 'y'].map((id) => ({ id, samples: [[1000, 500, 20]] })) };
    await writeFile(file('many.json'), JSON.stringify(corpus));
    const played = simulate({
      movie: madeUpMovie({ duration: 60 }),
      trace: syntheticTrace('cliff'),
      strategy: throughput(),
    });
    await writeFile(file('seen.ndjson'), toNdjson(played.events));
    const sets = await readTraces([
      file('one.json'),
      file('many.json'),
      file('two.log'),
      file('seen.ndjson'),
      'synthetic:train:3',
    ]);
    expect(sets.map(({ name, traces }) => [name, traces.map(({ id }) => id)])).toEqual([
      ['many', ['x', 'y']],
      ['synthetic:train:3', ['train-1', 'train-2', 'train-3']],
      ['traces', ['one', 'two', 'seen']],
    ]);
    expect(sets[2]?.traces.slice(0, 2).map(traceBandwidth)).toEqual([800_000, 4e6]);
  });

  it.each([
    ['gone.json', null, "trace file 'FILE' does not exist"],
    ['silent.json', '[[1000, 0, 20]]', "trace file 'FILE': trace 'silent' never lets a bit through"],
    ['odd.json', '{"traces": [{"id": "a", "samples": [[1000, -1, 0]]}]}', "trace file 'FILE': traces[0].samples[0]"],
    ['broken.json', '[[1000,', "trace file 'FILE': expected JSON"],
    ['empty.json', '{"traces": []}', "trace file 'FILE': it has no trace in it"],
    ['slow.json', '[[1000, 1e-9, 20]]', "trace file 'FILE': trace 'slow' lets less than 1 bit/s through"],
  ])('%s is refused by name', async (name, text, message) => {
    if (text !== null) await writeFile(file(name), text);
    await expect(readTraces([file(name)])).rejects.toThrow(message.replace('FILE', file(name)));
  });

  it('must be of a kind that can be made', async () => {
    await expect(readTraces(['synthetic:moon'])).rejects.toThrow('KIND one of stable, cellular, train, cliff, evening');
    await expect(readTraces(['synthetic:train:0'])).rejects.toThrow(
      "COUNT must be a whole number from 1 to 99999, got '0'",
    );
  });
});

describe('a run', () => {
  const plan = {
    movie: madeUpMovie({ duration: 120 }),
    strategies: ['bola', 'throughput'],
    settings: {},
    reach: false,
  };

  it('gives the same rows in the same order however many workers do it', async () => {
    const traces = [...syntheticTraces('cellular', 5), ...syntheticTraces('train', 4)];
    const [one, two, three] = await Promise.all([1, 2, 3].map((jobs) => runSessions(plan, traces, { jobs })));
    expect(one?.map(({ trace, strategy }) => `${trace} ${strategy}`).slice(0, 3)).toEqual([
      'cellular-1 bola',
      'cellular-1 throughput',
      'cellular-2 bola',
    ]);
    expect(one).toHaveLength(18);
    expect(two).toEqual(one);
    expect(toJson(three ?? [])).toBe(toJson(one ?? []));
  }, 60_000);

  it('names the trace that cannot be played, in a worker or not', async () => {
    const dead = { id: 'dead', periods: [{ duration: 1, bandwidth: 0, latency: 0 }] };
    for (const jobs of [1, 2]) {
      const traces = [syntheticTrace('stable'), dead];
      await expect(runSessions(plan, traces, { jobs })).rejects.toThrow(
        "trace 'dead': trace 'dead' must let at least 1 bit/s through",
      );
    }
  }, 60_000);

  it('knows what was possible: nobody is above it, and the limit itself is all of it', async () => {
    const strategies = ['throughput', 'clairvoyant'];
    const traces = [syntheticTrace('cellular')];
    const [played, limit] = await runSessions({ ...plan, strategies, reach: true }, traces, { jobs: 1 });
    expect(limit).toMatchObject({ strategy: 'clairvoyant', shareOfReachable: expect.closeTo(1, 3) });
    expect(played?.shareOfReachable).toBeGreaterThan(0);
    expect(played?.shareOfReachable).toBeLessThan(1);
  }, 60_000);

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    const run = runSessions(plan, syntheticTraces('evening', 200), {
      jobs: 2,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    await expect(run).rejects.toThrow('enough');
  }, 60_000);

  it('plays the movie live: nobody is ahead of the edge, and how far behind stands in every output', async () => {
    const live = { targetLatency: 8, fastRate: 1.1 };
    const traces = [syntheticTrace('stable'), syntheticTrace('train')];
    const rows = await runSessions({ ...plan, settings: { live } }, traces, { jobs: 1 });
    expect(rows).toEqual(await runSessions({ ...plan, settings: { live } }, traces, { jobs: 2 }));
    const movie = madeUpMovie({ duration: 120 });
    const alone = simulate({ movie, trace: traces[1] ?? syntheticTrace('train'), strategy: throughput(), live });
    expect(rows[3]).toMatchObject({
      trace: 'train-1',
      strategy: 'throughput',
      liveLatency: alone.summary.liveLatency,
      stallTime: alone.summary.stallTime,
      shareOfReachable: null,
    });
    // The last segment is whole only when the stream ends, 8 s before which it started: nobody can be done earlier.
    expect(alone.summary.duration).toBeGreaterThan(120 - 8);
    expect(JSON.parse(toJson(rows)).sessions[3].liveLatency).toBe(alone.summary.liveLatency);
    expect(toCsv(rows).split('\r\n')[0]).toMatch(/,shareOfReachable,liveLatency$/);
  }, 60_000);

  it('writes the documented fields and no others, and a table of the same', async () => {
    const rows = await runSessions(plan, [{ ...syntheticTrace('stable'), id: 'a "b", c' }], { jobs: 1 });
    const { sessions } = JSON.parse(toJson(rows)) as { sessions: Record<string, unknown>[] };
    expect(Object.keys(sessions[0] ?? {})).toEqual([
      'trace',
      'strategy',
      'levels',
      'startupTime',
      'stallTime',
      'stallCount',
      'averageBitrate',
      'switches',
      'linearQoe',
      'shareOfReachable',
    ]);
    const [head, first] = toCsv(rows).split('\r\n');
    expect(head).toBe(Object.keys(sessions[0] ?? {}).join(','));
    expect(first).toMatch(/^"a ""b"", c",bola,0 /);
  });
});

/** The command as a user runs it, its output piped. */
function sim(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const command = [join('node_modules', 'tsx', 'dist', 'cli.mjs'), 'src/sim/cli/main.ts', ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: ROOT }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

describe('the command', () => {
  it('writes what it is asked for and says nothing else when piped', async () => {
    const out = { json: file('out.json'), csv: file('out.csv'), html: file('out.html') };
    const args = ['--traces', 'synthetic:cliff:3', '--movie', 'made-up', '--strategies', 'dynamic,bolaE', '--no-reach'];
    const result = await sim(...args, '--json', out.json, '--csv', out.csv, '--report', out.html, '--jobs', '2');
    expect(result).toEqual({ code: 0, stdout: '', stderr: '' });
    const { sessions } = JSON.parse(await readFile(out.json, 'utf8')) as { sessions: { levels: number[] }[] };
    expect(sessions.map(({ levels }) => levels.length)).toEqual(Array(6).fill(150));
    expect((await readFile(out.csv, 'utf8')).trim().split('\r\n')).toHaveLength(7);
    expect(await readFile(out.html, 'utf8')).toContain('<!doctype html>');
  }, 60_000);

  it('says in one line what it cannot do, and fails', async () => {
    const result = await sim('--traces', 'synthetic:cliff:1', '--movie', 'made-up', '--strategies', 'bolla');
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(/^sim: --strategies must be of .*; got 'bolla' \(did you mean bola\?\)\n$/);
    const small = ['--traces', 'synthetic:cliff:1', '--movie', 'made-up', '--strategies', 'bola', '--max-buffer', '3'];
    expect((await sim(...small)).stderr).toBe(
      'sim: --max-buffer must be at least a segment of the movie (4 s), got 3 s\n',
    );
    const near = ['--traces', 'synthetic:cliff:1', '--movie', 'made-up', '--strategies', 'bola', '--live', '3'];
    expect(await sim(...near)).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'sim: --live must be at least a segment of the movie (4 s), as a segment is fetched when it is whole; got 3 s\n',
    });
    const long = { segment_duration_ms: 40_000, bitrates_kbps: [100], segment_sizes_bits: [[4e6]] };
    await writeFile(file('long.json'), JSON.stringify(long));
    await writeFile(
      file('noise.bin'),
      Uint8Array.from({ length: 2000 }, (_, i) => (i * 7919) % 256),
    );
    const played = ['--movie', file('long.json'), '--strategies', 'bola', '--traces'];
    expect(await sim(...played, 'synthetic:cliff:1')).toMatchObject({
      code: 2,
      stderr: 'sim: --max-buffer must be at least a segment of the movie (40 s), got nothing, and sabre has 25 s\n',
    });
    const { code, stderr } = await sim(...played, file('noise.bin'), '--max-buffer', '40');
    expect(code).toBe(2);
    expect(stderr).toContain(`sim: trace file '${file('noise.bin')}': line 1: expected a time in s`);
    // A terminal shows it as one line, whatever was in the file.
    expect(stderr.slice(0, -1)).not.toMatch(/\p{Cc}/u);
  }, 60_000);

  it('replays a live session live', () => {
    const movie = madeUpMovie({ duration: 120, variation: 0.2 });
    const trace = syntheticTrace('train', { seed: 3 });
    const live = { targetLatency: 8 };
    const { events, summary } = simulate({ movie, trace, strategy: throughput(), live });
    const { resimulated, error, notes } = whatIf({ events, strategies: {}, played: () => ({ throughput }) });
    expect(summary.stallTime).toBeGreaterThan(0);
    expect(resimulated?.liveLatency).toBeCloseTo(summary.liveLatency ?? 0, 0);
    expect(error?.levelsAlike).toBeGreaterThan(0.9);
    expect(notes).toContain('the stream was live: played 8.0 s behind its edge, at normal speed');
  });

  it('replays a session, and knows how far off it is', async () => {
    const movie = madeUpMovie({ duration: 120, variation: 0.2 });
    const played = simulate({ movie, trace: syntheticTrace('stable', { seed: 4 }), strategy: throughput() });
    await writeFile(file('session.ndjson'), toNdjson(played.events));
    const { code, stdout } = await sim(
      'replay',
      file('session.ndjson'),
      '--strategies',
      'bola,throughput',
      '--json',
      '-',
    );
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result.recorded).toMatchObject({ strategy: 'throughput', levels: played.summary.levels });
    expect(result.recorded.linearQoe).toBeCloseTo(played.summary.linearQoe, 6);
    expect(result.sessions.map(({ strategy }: { strategy: string }) => strategy)).toEqual(['bola', 'throughput']);
    expect(result.sessions[1]).toEqual(result.resimulated);
    expect(result.simulationError.linearQoe).toBeCloseTo(result.resimulated.linearQoe - result.recorded.linearQoe, 9);
    expect(result.simulationError.levelsAlike).toBeGreaterThan(0.9);
    expect(result.recorded.scores.weighted).not.toBeNull();
  }, 60_000);
});
