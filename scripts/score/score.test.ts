import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { weighted } from '../../src/qoe/weighted.ts';
import { toNdjson } from '../../src/session/event-log.ts';
import { BRIEF_LADDER, madeUpSession } from '../../src/session/made-up-session.ts';
import { replay } from '../../src/session/timeline.ts';
import { parseArguments, type ScoreArguments } from './arguments.ts';
import { report } from './report.ts';
import { type CaseResult, type Refusal, type SessionResult, scoreFiles } from './score-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'score-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const asked = (...args: string[]): ScoreArguments => parseArguments(args) as ScoreArguments;

const events = madeUpSession({ ladder: BRIEF_LADDER, startup: 1, renditions: [0, 5, 9], sound: true });
const session = file('session.ndjson', toNdjson(events));
const cutOff = file('cut-off.ndjson', toNdjson(events.slice(0, -2)));
const segment = { codec: 'h264', duration: 4, resolution: '1280x720', bitrate: 2000, fps: 25 };
const input = { I13: { segments: [segment, segment, segment] }, I23: { stalling: [[0, 1]] } };
const cases = file(
  'cases.json',
  JSON.stringify({
    meta: {},
    cases: [
      { id: 'a', input },
      { id: 'b', input: { I13: {} } },
    ],
  }),
);
const forest = (() => {
  file('tree1.csv', '0, 13, 5, 1, 2\n1, -1, 1, 0, 0\n2, -1, 4, 0, 0\n');
  return folder;
})();

describe('sessions', () => {
  it('score as they do in the player, with their metrics', () => {
    const [result] = scoreFiles(asked('--model', 'weighted', session)) as SessionResult[];
    expect(result).toMatchObject({
      id: 'made-up',
      file: session,
      model: 'weighted',
      ...weighted().score(replay(events)),
    });
    expect(result?.metrics).toMatchObject({ mediaTime: 12, initialStartupTime: 1, switches: 2 });
  });

  it('that are cut off are scored as far as they go, and said to be', () => {
    const results = scoreFiles(asked('--model', 'weighted', session, cutOff));
    expect(results.map((result) => 'provisional' in result)).toEqual([false, true]);
    expect(report(results)).toContain('* provisional: the log ends before the session does');
  });

  it('that are none are told with line and reason, and do not stop the others', () => {
    const bad = file('bad.ndjson', `${toNdjson(events.slice(0, 2))}{"at":1}\n`);
    const results = scoreFiles(asked('--model', 'linear', bad, session));
    expect(results[0]).toEqual({ id: bad, file: bad, error: 'line 3: type must be a known fact, got nothing' });
    expect(results[1]).toMatchObject({ model: 'linear' });
  });

  it('take options', () => {
    const value = (...args: string[]) =>
      (scoreFiles(asked('--model', 'p1203', ...args, session))[0] as SessionResult).value;
    expect(value('--device', 'mobile')).toBeGreaterThan(value() as number);
    expect(value('--display-size', '3840x2160')).toBeLessThan(value() as number);
    expect(
      (scoreFiles(asked('--model', 'p1203', '--window', 'all', '--forest', forest, session))[0] as SessionResult).model,
    ).toBe('p1203');
    const quality = file(
      'vmaf.json',
      JSON.stringify({ segmentDuration: 4, renditions: { '235k': [50], '1750k': [0, 80], '5800k': [0, 0, 95] } }),
    );
    expect(
      (scoreFiles(asked('--model', 'vmaf', '--quality', quality, session))[0] as SessionResult).terms.quality,
    ).toBeCloseTo((0.8469011 * 225) / 3, 9);
  });
});

describe('P.1203 cases', () => {
  it('have the outputs of the standard; a case that cannot be scored is told in its place', () => {
    const [a, b] = scoreFiles(asked('--model', 'p1203', cases)) as [CaseResult, Refusal];
    expect(Object.keys(a)).toEqual(['id', 'O21', 'O22', 'O23', 'O34', 'O35', 'O46', 'partial']);
    expect(a.O22).toHaveLength(12);
    expect(a.O46).toBeNull();
    expect(b).toEqual({ id: 'b', file: cases, error: 'I13.segments must be a list, got nothing' });
  });

  it('have an O46 with a forest', () => {
    const [a] = scoreFiles(asked('--model', 'p1203', '--forest', forest, cases)) as [CaseResult];
    // The tree says 4 for 12 s.
    const mos = Math.min(Math.max(1 + (a.O35 - 1) * ((a.O23 - 1) / 4), 1), 5);
    expect(a.O46).toBeCloseTo(0.02833052 + 0.98117059 * (0.75 * mos + 0.25 * 4), 12);
    expect(a).not.toHaveProperty('partial');
  });

  it('are for P.1203 only', () => {
    expect(() => scoreFiles(asked('--model', 'linear', cases))).toThrow(
      `${cases} holds P.1203 cases: --model must be p1203, got linear`,
    );
  });
});

describe('the command line', () => {
  it('reads what is asked for', () => {
    expect(
      parseArguments(['a.ndjson', '--model', 'p1203', '--json', 'out.json', '--window', 'all', '--amendment1']),
    ).toEqual({
      model: 'p1203',
      files: ['a.ndjson'],
      json: 'out.json',
      forest: null,
      quality: null,
      device: 'pc',
      displaySize: null,
      window: Number.POSITIVE_INFINITY,
      amendment1: true,
      appendix2: false,
    });
    expect(parseArguments(['--help'])).toBeNull();
  });

  it.each([
    [
      ['--model', 'mos', 'a'],
      '--model must be one of weighted, linear, linear-log, linear-hd, p1203, experience, vmaf, ssim, got mos',
    ],
    [
      ['a'],
      '--model must be one of weighted, linear, linear-log, linear-hd, p1203, experience, vmaf, ssim, got nothing',
    ],
    [['--model', 'linear'], 'FILE must be at least one session or case file, got nothing'],
    [['--model', 'p1203', '--device', 'tv', 'a'], '--device must be one of pc, mobile, handheld, got tv'],
    [['--model', 'p1203', '--window', '5', 'a'], '--window must be a whole number of s >= 10, or all, got 5'],
    [['--model', 'p1203', '--display-size', 'HD', 'a'], '--display-size must be a size such as "1920x1080", got "HD"'],
    [['--model', 'vmaf', 'a'], '--model vmaf needs --quality FILE'],
    [['--colour', 'a'], "Unknown option '--colour'"],
  ])('refuses %j', (args, message) => {
    expect(() => parseArguments(args)).toThrow(message);
  });

  it('says which file or folder is missing', () => {
    expect(() => scoreFiles(asked('--model', 'linear', join(folder, 'none')))).toThrow(
      `FILE ${join(folder, 'none')} cannot be read`,
    );
    expect(() => scoreFiles(asked('--model', 'p1203', '--forest', session, session))).toThrow(
      '--forest must be a folder with tree files',
    );
  });
});
