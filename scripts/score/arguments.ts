import { parseArgs } from 'node:util';
import { MODEL_NAMES, type ModelName } from '../../src/qoe/models.ts';
import type { P1203Device } from '../../src/qoe/p1203/input.ts';
import { pixelsOf } from '../../src/qoe/p1203/input.ts';

/** What the user asked for. */
export interface ScoreArguments {
  readonly model: ModelName;
  readonly files: readonly string[];
  readonly forest: string | null;
  readonly quality: string | null;
  readonly json: string | null;
  readonly device: P1203Device;
  readonly displaySize: string | null;
  /** s, Infinity for all of it; null is the model's own. */
  readonly window: number | null;
  readonly amendment1: boolean;
  readonly appendix2: boolean;
}

/** A mistake of the user: told without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const USAGE = `npm run score -- --model NAME [options] FILE…

Scores recorded sessions (NDJSON, one fact a line) and P.1203 case files ({"cases": [{"id", "input"}, …]}).

  --model NAME         ${MODEL_NAMES.join(', ')}
  --json OUT           writes {"results": […]} to OUT; - is standard output
  --forest DIR         p1203: folder with the tree files (*.csv) of ITU-T P.1203.3; without them there is no O46
  --device NAME        p1203, sessions: pc (default), mobile, handheld
  --display-size WxH   p1203 and experience, sessions: where the session does not tell it
  --window S           p1203, sessions: s of media that are scored, the last of them; all for the whole session. Default 300
  --amendment1         p1203: with both parts of Amendment 1
  --appendix2          p1203: O35 as in Appendix 2
  --quality FILE       vmaf, ssim: {"segmentDuration": s, "renditions": {id: [score of each segment]}}
  --help               this text`;

const OPTIONS = {
  model: { type: 'string' },
  json: { type: 'string' },
  forest: { type: 'string' },
  device: { type: 'string' },
  'display-size': { type: 'string' },
  window: { type: 'string' },
  amendment1: { type: 'boolean' },
  appendix2: { type: 'boolean' },
  quality: { type: 'string' },
  help: { type: 'boolean' },
} as const;

const DEVICES: readonly string[] = ['pc', 'mobile', 'handheld'];

function windowOf(text: string): number {
  const window = text === 'all' ? Number.POSITIVE_INFINITY : Number(text);
  if (window === Number.POSITIVE_INFINITY || (Number.isInteger(window) && window >= 10)) return window;
  throw new UsageError(`--window must be a whole number of s >= 10, or all, got ${text}`);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
}

/**
 * Reads the command line; null if only help is wanted.
 *
 * @throws UsageError naming the option, what was expected and what came
 */
export function parseArguments(args: readonly string[]): ScoreArguments | null {
  const { values, positionals } = parse(args);
  if (values.help) return null;
  const { model, device = 'pc' } = values;
  if (!MODEL_NAMES.includes(model as ModelName)) {
    throw new UsageError(`--model must be one of ${MODEL_NAMES.join(', ')}, got ${model ?? 'nothing'}`);
  }
  if (positionals.length === 0) throw new UsageError('FILE must be at least one session or case file, got nothing');
  if (!DEVICES.includes(device)) throw new UsageError(`--device must be one of ${DEVICES.join(', ')}, got ${device}`);
  const displaySize = values['display-size'] ?? null;
  if (displaySize !== null) pixelsOf('--display-size', displaySize);
  if ((model === 'vmaf' || model === 'ssim') && values.quality === undefined) {
    throw new UsageError(`--model ${model} needs --quality FILE`);
  }
  return {
    model: model as ModelName,
    files: positionals,
    forest: values.forest ?? null,
    quality: values.quality ?? null,
    json: values.json ?? null,
    device: device as P1203Device,
    displaySize,
    window: values.window === undefined ? null : windowOf(values.window),
    amendment1: values.amendment1 ?? false,
    appendix2: values.appendix2 ?? false,
  };
}
