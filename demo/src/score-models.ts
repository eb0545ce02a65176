/** The models whose scores the page shows: each has a value and four parts, so that one card and one plot serve them all. */
import type { Ladder } from 'sluice';
import { experience, linearQoe, p1203, type QoeScore, type QoeScorer, weighted } from 'sluice/qoe';

/** One term of a score as the page shows it. */
export interface ScorePart {
  readonly term: string;
  readonly label: string;
  readonly about: string;
}

/** A model and how its numbers read. */
export interface ScoreModel {
  readonly name: string;
  readonly label: string;
  readonly about: string;
  readonly create: () => QoeScorer;
  /** In the order of the plot's four colours: picture, steadiness, start-up, stalls or what comes nearest. */
  readonly parts: readonly [ScorePart, ScorePart, ScorePart, ScorePart];
  /** The value in large, and what it is out of. */
  readonly headline: (score: QoeScore) => string;
  readonly unit: string;
  /** How much of the possible a term reached, 0…1. */
  readonly share: (term: string, score: QoeScore, ladder: Ladder) => number;
  /** Of the plot, when the parts lie within `least`…`most`. */
  readonly range: (least: number, most: number) => [number, number];
}

const clamp = (value: number): number => Math.min(Math.max(value, 0), 1);
const whole = (value: number | null | undefined): string => (value == null ? '–' : String(Math.round(value)));
const exact = ({ value }: QoeScore): string => (value === null ? '–' : value.toFixed(2));

/** What the weighted scorer documents: its base, and the top of the brief's ladder, bits/s. */
const BASE_BITRATE = 235_000;
const TOP_BITRATE = 5_800_000;

const part = (term: string, label: string, about: string): ScorePart => ({ term, label, about });

/** Terms of the linear family take off what is in their name: a bar is long where it takes off as much as quality gives. */
function shareOfLinear(term: string, { terms }: QoeScore): number {
  const most = Math.max(...Object.values(terms).map(Math.abs), Number.MIN_VALUE);
  return clamp(Math.abs(terms[term] ?? 0) / most);
}

/** All that can be picked, the default first. */
export const SCORE_MODELS: readonly ScoreModel[] = [
  {
    name: 'weighted',
    label: 'Weighted',
    about: 'the brief’s score: four parts, each with a weight, that add up to the exact value',
    create: weighted,
    parts: [
      part('quality', 'Quality', 'logarithm of the average bitrate'),
      part('stability', 'Stability', 'few changes of rendition a minute'),
      part('startup', 'Start-up', 'a quick first frame'),
      part('buffering', 'Buffering', 'few stalls an hour'),
    ],
    headline: ({ terms }) => whole(terms.normalised),
    unit: 'of 100',
    share(term, { terms }, ladder) {
      const value = terms[term] ?? 0;
      if (term !== 'quality') return clamp(value);
      return clamp(value / Math.log(Math.max(ladder.at(-1)?.bitrate ?? 0, TOP_BITRATE) / BASE_BITRATE));
    },
    range: (_, most) => [0, Math.max(most * 1.1, 2)],
  },
  {
    name: 'experience',
    label: 'Experience',
    about: 'success × the mean of start-up, smoothness and picture quality; blind to bitrate',
    create: experience,
    parts: [
      part('quality', 'Picture', 'how little the picture is enlarged to fill the player'),
      part('success', 'Success', '100 if it played, 0 if it failed'),
      part('startup', 'Start-up', '50 after 8 s'),
      part('smoothness', 'Smooth', 'few stalls, and short ones'),
    ],
    headline: ({ value }) => whole(value),
    unit: 'of 100',
    share: (term, { terms }) => clamp((terms[term] ?? 0) / 100),
    range: () => [0, 105],
  },
  {
    name: 'p1203',
    label: 'P.1203',
    about: 'ITU-T P.1203 mode 0 by its formulae alone: its random forest may not be shipped, so this is no O46',
    create: p1203,
    parts: [
      part('video', 'Video', 'picture quality, mean of O22'),
      part('audio', 'Audio', 'sound quality, mean of O21'),
      part('O35', 'Coding', 'O35: picture and sound over time'),
      part('O23', 'Stalling', 'O23: 5 without start-up and stalls'),
    ],
    headline: exact,
    unit: 'of 5',
    share: (term, { terms }) => clamp(((terms[term] ?? 1) - 1) / 4),
    range: () => [1, 5.1],
  },
  {
    name: 'linear',
    label: 'Linear',
    about: 'Yin 2015: Mbit/s, less 4.3 for each second of waiting and 1 for each Mbit/s of change, per segment shown',
    create: linearQoe,
    parts: [
      part('quality', 'Quality', 'Mbit/s of what was shown'),
      part('switching', 'Switching', 'changes of bitrate'),
      part('startup', 'Start-up', 'waiting for the first frame'),
      part('stalling', 'Stalling', 'waiting after it'),
    ],
    headline: exact,
    unit: 'Mbit/s',
    share: shareOfLinear,
    // The first chunk pays for all of the start-up: that far down nobody wants to look.
    range: (least, most) => [Math.max(Math.min(least * 1.1, -0.5), -6), Math.max(most * 1.1, 1)],
  },
];

/** The model of this name; the default where there is none. */
export const modelNamed = (name: string): ScoreModel =>
  SCORE_MODELS.find((model) => model.name === name) ?? (SCORE_MODELS[0] as ScoreModel);

/** A term as it enters the value: with its weight where the model has weights. Null where the score has no such term. */
export function partOf({ terms, weights }: QoeScore, term: string): number | null {
  const value = terms[term];
  return value === undefined ? null : value * (weights?.[term] ?? 1);
}

/** `0.4 × 2.31` where a weight is more than a count, else nothing. */
export function weighing({ terms, weights }: QoeScore, term: string): string {
  const weight = weights?.[term];
  const value = terms[term];
  return weight === undefined || weight === 1 || value === undefined ? '' : `${weight} × ${value.toFixed(2)}`;
}
