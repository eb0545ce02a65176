import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type ModelOptions, modelByName } from '../../src/qoe/models.ts';
import { type Forest, parseForestCsv } from '../../src/qoe/p1203/forest.ts';
import type { P1203Input } from '../../src/qoe/p1203/input.ts';
import { scoreP1203 } from '../../src/qoe/p1203/score-p1203.ts';
import { parseQualityTable } from '../../src/qoe/picture-quality.ts';
import type { QoeScore, QoeScorer } from '../../src/qoe/qoe-scorer.ts';
import { parseNdjson } from '../../src/session/parse-ndjson.ts';
import { type SessionMetrics, sessionMetrics } from '../../src/session/session-metrics.ts';
import { replay } from '../../src/session/timeline.ts';
import { type ScoreArguments, UsageError } from './arguments.ts';

/** A recorded session and what the model says of it. */
export interface SessionResult extends QoeScore {
  readonly id: string;
  readonly file: string;
  readonly model: string;
  readonly engine: string | null;
  readonly strategy: string | null;
  readonly metrics: SessionMetrics;
}

/** A P.1203 case and its outputs; `partial` is what the formulae say where there is no forest for O46. */
export interface CaseResult {
  readonly id: string;
  readonly O21: readonly number[];
  readonly O22: readonly number[];
  readonly O23: number;
  readonly O34: readonly number[];
  readonly O35: number;
  readonly O46: number | null;
  readonly partial?: number;
}

/** A file or a case that could not be scored, and why. */
export interface Refusal {
  readonly id: string;
  readonly file: string;
  readonly error: string;
}

export type Result = SessionResult | CaseResult | Refusal;

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

function read(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new UsageError(`${what} ${path} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

/** @throws UsageError if the folder has no trees that can be used */
export function readForest(folder: string): Forest {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UsageError(`--forest must be a folder with tree files, got ${folder}`);
  }
  const names = readdirSync(folder).filter((name) => name.endsWith('.csv'));
  try {
    return parseForestCsv(names.map((name) => readFileSync(join(folder, name), 'utf8')));
  } catch (cause) {
    throw new UsageError(`--forest ${folder}: ${reasonOf(cause)} (files: ${names.join(', ') || 'none'})`, { cause });
  }
}

function modelOptions(args: ScoreArguments, forest: Forest | null): ModelOptions {
  const { device, displaySize, window, amendment1, appendix2, quality } = args;
  const [width = 0, height = 0] = (displaySize ?? '').split('x').map(Number);
  return {
    p1203: {
      forest,
      device,
      amendment1,
      appendix2,
      ...(displaySize === null ? {} : { displaySize }),
      ...(window === null ? {} : { window }),
    },
    ...(displaySize === null ? {} : { experience: { playerSize: { width, height } } }),
    ...(quality === null ? {} : { quality: parseQualityTable(read(quality, '--quality')) }),
  };
}

/** The cases of a case file; null if the text is something else, such as a session. */
function casesIn(text: string): readonly unknown[] | null {
  // A session is many objects, one a line, and no JSON as a whole (unless it has one line only).
  try {
    const { cases } = JSON.parse(text) as { cases?: unknown };
    return Array.isArray(cases) ? cases : null;
  } catch {
    return null;
  }
}

function scoreCase(
  value: unknown,
  index: number,
  file: string,
  args: ScoreArguments,
  forest: Forest | null,
): CaseResult | Refusal {
  const { id, input } = (value ?? {}) as { id?: unknown; input?: unknown };
  const name = typeof id === 'string' || typeof id === 'number' ? String(id) : `case ${index + 1}`;
  try {
    const { O21, O22, O23, O34, O35, O46, partial } = scoreP1203(input as P1203Input, {
      forest,
      amendment1Audiovisual: args.amendment1,
      amendment1Stalling: args.amendment1,
      appendix2: args.appendix2,
    });
    return { id: name, O21, O22, O23, O34, O35, O46, ...(O46 === null ? { partial } : {}) };
  } catch (cause) {
    return { id: name, file, error: reasonOf(cause) };
  }
}

function scoreSession(text: string, file: string, scorer: QoeScorer): SessionResult | Refusal {
  try {
    const timeline = replay(parseNdjson(text));
    const { sessionId, engine, strategy } = timeline;
    const score = scorer.score(timeline);
    return {
      id: sessionId ?? file,
      file,
      model: scorer.name,
      engine,
      strategy,
      ...score,
      metrics: sessionMetrics(timeline),
    };
  } catch (cause) {
    return { id: file, file, error: reasonOf(cause) };
  }
}

/**
 * Scores every file.
 *
 * @throws UsageError for what makes no sense as a whole; what is wrong with one session or case is told in its place
 */
export function scoreFiles(args: ScoreArguments): Result[] {
  const forest = args.forest === null ? null : readForest(args.forest);
  const scorer = modelByName(args.model, modelOptions(args, forest));
  return args.files.flatMap((file): Result[] => {
    const text = read(file, 'FILE');
    const cases = casesIn(text);
    if (cases === null) return [scoreSession(text, file, scorer)];
    if (args.model !== 'p1203')
      throw new UsageError(`${file} holds P.1203 cases: --model must be p1203, got ${args.model}`);
    return cases.map((value, index) => scoreCase(value, index, file, args, forest));
  });
}
