import { type ExperienceOptions, experience } from './experience.ts';
import { type LinearOptions, linearQoe } from './linear-qoe.ts';
import { type P1203Options, p1203 } from './p1203.ts';
import { type QualityTable, ssimQoe, vmafQoe } from './picture-quality.ts';
import type { QoeScorer } from './qoe-scorer.ts';
import { type WeightedOptions, weighted } from './weighted.ts';

/** Names of the models that come with Sluice, as the command line takes them. */
export const MODEL_NAMES = [
  'weighted',
  'linear',
  'linear-log',
  'linear-hd',
  'p1203',
  'experience',
  'vmaf',
  'ssim',
] as const;

/** Name of a model that comes with Sluice. */
export type ModelName = (typeof MODEL_NAMES)[number];

/** Options for whichever model is asked for; each takes what is its own. */
export interface ModelOptions {
  readonly weighted?: WeightedOptions;
  readonly linear?: Omit<LinearOptions, 'quality'>;
  readonly p1203?: P1203Options;
  readonly experience?: ExperienceOptions;
  /** Needed by `vmaf` and `ssim`. */
  readonly quality?: QualityTable;
}

/**
 * A model by its name.
 *
 * @throws TypeError if there is none of that name, or the model needs what is not given
 */
export function modelByName(name: string, options: ModelOptions = {}): QoeScorer {
  const table = (): QualityTable => {
    if (options.quality) return options.quality;
    throw new TypeError(`model "${name}" needs a table of the quality of each segment, got none`);
  };
  switch (name as ModelName) {
    case 'weighted':
      return weighted(options.weighted);
    case 'linear':
      return linearQoe({ ...options.linear, quality: 'bitrate' });
    case 'linear-log':
      return linearQoe({ ...options.linear, quality: 'log' });
    case 'linear-hd':
      return linearQoe({ ...options.linear, quality: 'hd' });
    case 'p1203':
      return p1203(options.p1203);
    case 'experience':
      return experience(options.experience);
    case 'vmaf':
      return vmafQoe({ table: table() });
    case 'ssim':
      return ssimQoe({ table: table() });
    default:
      throw new TypeError(`model must be one of ${MODEL_NAMES.join(', ')}, got "${name}"`);
  }
}
