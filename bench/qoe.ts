/**
 * `npm run bench:qoe`: what a fact costs on its way through timeline, metrics and live scores, and how fast P.1203 is.
 * With P1203_REFERENCE set to a folder in which `python3 -m itu_p1203` works, the ITU reference software is timed on the
 * same cases in one process, without its start; P1203_CASES names another case file, P1203_FOREST the trees.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlaybackEvent } from '../src/media/playback-event.ts';
import { experience } from '../src/qoe/experience.ts';
import { linearQoe } from '../src/qoe/linear-qoe.ts';
import { parseForestCsv } from '../src/qoe/p1203/forest.ts';
import type { P1203Input } from '../src/qoe/p1203/input.ts';
import { scoreP1203 } from '../src/qoe/p1203/score-p1203.ts';
import { p1203 } from '../src/qoe/p1203.ts';
import type { QoeScorer } from '../src/qoe/qoe-scorer.ts';
import { weighted } from '../src/qoe/weighted.ts';
import { BRIEF_LADDER, madeUpSession } from '../src/session/made-up-session.ts';
import { sessionMetrics } from '../src/session/session-metrics.ts';
import { advance, EMPTY_TIMELINE, replay, type Timeline } from '../src/session/timeline.ts';

/** µs a fact that live metrics and score may cost. */
const TARGET = 5;
const ROUNDS = 7;
const HOURS = 2;

const forestFolder = process.env.P1203_FOREST ?? '';
const forest = existsSync(forestFolder)
  ? parseForestCsv(
      readdirSync(forestFolder)
        .filter((name) => name.endsWith('.csv'))
        .map((name) => readFileSync(join(forestFolder, name), 'utf8')),
    )
  : null;

/** ms of the fastest of a few rounds: the others only say what else the machine did. */
function time(work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    work();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

const line = (what: string, value: string): void => console.log(`  ${what.padEnd(58)} ${value}`);

/** A long session of 60 fps: a switch every other segment, a stall a minute. */
function longSession(hours: number): PlaybackEvent[] {
  const segmentDuration = 2;
  const count = (hours * 3600) / segmentDuration;
  return madeUpSession({
    ladder: BRIEF_LADDER.map((rendition) => ({ ...rendition, frameRate: 60 })),
    startup: 1,
    segmentDuration,
    renditions: Array.from({ length: count }, (_, index) => (Math.floor(index / 2) * 7) % 10),
    stalls: Array.from({ length: hours * 60 - 1 }, (_, minute) => ({ at: (minute + 1) * 60 + 1, duration: 1 })),
    sound: true,
    playerSize: { width: 1280, height: 720 },
  });
}

/** As a player does: metrics at every fact, scores at those that a viewer could notice. */
function playLive(events: readonly PlaybackEvent[], scorers: readonly QoeScorer[], metrics: boolean): Timeline {
  let timeline = EMPTY_TIMELINE;
  for (const event of events) {
    timeline = advance(timeline, event);
    if (metrics) sessionMetrics(timeline);
    if (event.type !== 'request' && event.type !== 'decision') for (const scorer of scorers) scorer.score(timeline);
  }
  return timeline;
}

function benchFacts(): boolean {
  const events = longSession(HOURS);
  const perFact = (ms: number): number => (ms * 1000) / events.length;
  console.log(`a session of ${HOURS} h, 60 fps, 2 s segments with sound: ${events.length} facts`);
  const live = perFact(time(() => playLive(events, [weighted()], true)));
  line('replay (timeline of a whole log)', `${perFact(time(() => replay(events))).toFixed(2)} µs a fact`);
  line('timeline, live', `${perFact(time(() => playLive(events, [], false))).toFixed(2)} µs a fact`);
  line('timeline + metrics, live', `${perFact(time(() => playLive(events, [], true))).toFixed(2)} µs a fact`);
  line('timeline + metrics + weighted, live', `${live.toFixed(2)} µs a fact (target ≤ ${TARGET})`);
  const more: readonly (readonly [string, () => QoeScorer])[] = [
    ['linear', linearQoe],
    ['experience', experience],
    ['P.1203, window of 300 s', () => p1203({ forest })],
  ];
  for (const [name, make] of more) {
    const cost =
      perFact(time(() => playLive(events, [make()], true))) - perFact(time(() => playLive(events, [], true)));
    const share = (cost * events.length) / 1e6 / (HOURS * 3600);
    line(
      `  and ${name}`,
      `${cost >= 0 ? '+' : ''}${cost.toFixed(2)} µs a fact, ${(share * 100).toFixed(4)} % of a core`,
    );
  }
  const [short, long] = [longSession(0.25), events].map(
    (facts) => (time(() => playLive(facts, [weighted()], true)) * 1000) / facts.length,
  );
  line('a fact of 2 h by a fact of 15 min', `${((long ?? 0) / (short ?? 1)).toFixed(2)} times the cost`);
  return live <= TARGET;
}

const CASES = process.env.P1203_CASES ?? '../shared/p1203/dev.json';

/** Two minutes of mode 0, for those who have no case file. */
const made: P1203Input = {
  I11: { segments: Array.from({ length: 30 }, () => ({ codec: 'aaclc' as const, duration: 4, bitrate: 128 })) },
  I13: {
    segments: Array.from({ length: 30 }, (_, index) => ({
      codec: 'h264',
      duration: 4,
      resolution: index % 3 === 0 ? '1280x720' : '1920x1080',
      bitrate: 1000 + 400 * (index % 7),
      fps: 60,
    })),
  },
  I23: {
    stalling: [
      [0, 2],
      [31, 4],
    ],
  },
};

function reference(inputs: readonly P1203Input[]): number | null {
  const folder = process.env.P1203_REFERENCE;
  if (folder === undefined) return null;
  const work = mkdtempSync(join(tmpdir(), 'p1203-'));
  const script = [
    'import json, sys, time',
    'from itu_p1203 import P1203Standalone',
    'inputs = json.load(open(sys.argv[1]))',
    'start = time.perf_counter()',
    'for one in inputs: P1203Standalone(one, quiet=True).calculate_complete()',
    'print(time.perf_counter() - start)',
  ].join('\n');
  try {
    writeFileSync(join(work, 'inputs.json'), JSON.stringify(inputs));
    const output = execFileSync('python3', ['-c', script, join(work, 'inputs.json')], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return Number(output.trim().split('\n').at(-1)) * 1000;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function benchP1203(): void {
  const cases: { input: P1203Input }[] = existsSync(CASES)
    ? JSON.parse(readFileSync(CASES, 'utf8')).cases
    : [{ input: made }];
  for (const mode of [0, 1]) {
    const inputs = cases
      .map(({ input }) => input)
      .filter(({ I13 }) => (I13.segments.every(({ frames }) => frames) ? 1 : 0) === mode);
    if (inputs.length === 0) continue;
    const seconds = inputs.reduce((sum, input) => sum + scoreP1203(input).O22.length, 0);
    const ours = time(() => {
      for (const input of inputs) scoreP1203(input, { forest });
    });
    const theirs = reference(inputs);
    line(
      `mode ${mode}, ${inputs.length} cases, ${seconds} s of media`,
      `${((seconds / ours) * 1000).toFixed(0)} media s a second (${((ours * 1000) / seconds).toFixed(2)} µs a media s)`,
    );
    if (theirs !== null)
      line(
        '  the reference, same cases',
        `${((seconds / theirs) * 1000).toFixed(0)} media s a second: ours is ${(theirs / ours).toFixed(0)} times as fast`,
      );
  }
  const events = longSession(HOURS);
  const timeline = replay(events);
  line(
    `a finished session of ${HOURS} h, 60 fps, scored at once`,
    `${time(() => p1203({ forest, window: Number.POSITIVE_INFINITY }).score(timeline)).toFixed(0)} ms`,
  );
  line('the same by windows of 300 s', `${time(() => p1203({ forest }).score(timeline)).toFixed(0)} ms`);
}

const fast = benchFacts();
console.log(`P.1203${forest === null ? ', without a forest' : ''}`);
benchP1203();
if (!fast) {
  console.log(`slower than ${TARGET} µs a fact`);
  process.exitCode = 1;
}
