import { AudioModule } from './audio.ts';
import { checkP1203Input, type P1203Input } from './input.ts';
import { type Integration, type IntegrationOptions, integrate } from './integration.ts';
import { type P1203Mode, VideoModule } from './video.ts';

/** Every output of ITU-T P.1203 that modes 0 and 1 have; MOS. */
export interface P1203Result extends Integration {
  readonly mode: P1203Mode;
  /** Audio quality of each second; empty without audio. */
  readonly O21: number[];
  /** Video quality of each second. */
  readonly O22: number[];
}

const modeOf = (input: P1203Input): P1203Mode => (input.I13.segments.every(({ frames }) => frames) ? 1 : 0);

/**
 * ITU-T P.1203 of a session: mode 1 if every video segment says what its frames are, else mode 0. Without the standard's
 * random forest (see {@link parseForestCsv}) `O46` is null and `partial` is what the formulae alone say.
 *
 * @throws TypeError naming the field of the input that cannot be used
 * @throws RangeError if it holds less than a second of video
 */
export function scoreP1203(input: P1203Input, options: IntegrationOptions = {}): P1203Result {
  const { IGen = {}, I11 = {}, I13, I23 = {} } = checkP1203Input(input);
  const mode = modeOf(input);
  const { displaySize = '1920x1080', device = 'pc' } = IGen;
  const O21: number[] = [];
  const O22: number[] = [];
  const audio = new AudioModule();
  for (const segment of I11.segments ?? []) audio.add(segment, (score) => O21.push(score));
  audio.finish((score) => O21.push(score));
  const video = new VideoModule({ mode, device, displaySize });
  for (const segment of I13.segments) video.add(segment, (score) => O22.push(score));
  video.finish((score) => O22.push(score));
  return { mode, O21, O22, ...integrate(O21, O22, I23.stalling ?? [], options) };
}
