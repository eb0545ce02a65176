import type { Ladder } from '../media/rendition.ts';
import { startupTimeOf } from '../session/session-metrics.ts';
import type { Timeline } from '../session/timeline.ts';
import type { QoeScore, QoeScorer } from './qoe-scorer.ts';

/**
 * What a bitrate is worth. `bitrate`: Mbit/s. `log`: ln(bitrate / lowest of the ladder). `hd`: a table that favours HD.
 */
export type LinearQuality = 'bitrate' | 'log' | 'hd';

/**
 * What the parts are divided by. `sum`: nothing, as the papers do, so that only sessions over the same chunks compare.
 * `perChunk`: the number of chunks shown. `perSecond`: s of media shown, with quality counted by the second instead of by
 * the chunk, so that sessions of different chunk lengths compare.
 */
export type LinearNormalisation = 'sum' | 'perChunk' | 'perSecond';

/** What a linear model takes off, for a change of quality by one and for a second of waiting. */
export interface LinearPenalties {
  /** For a second of stalling (and of start-up, if that counts). */
  readonly stall: number;
  /** For a switch up, and down, by one of quality. */
  readonly up: number;
  readonly down: number;
}

/** What happened, in a linear model's own quality: `quality` is Σ over chunks, `up` and `down` Σ of changes, times in s. */
export interface LinearTotals {
  readonly quality: number;
  readonly up: number;
  readonly down: number;
  readonly stall: number;
  readonly startup: number;
  /** Chunks shown (parts of one count as such) and s of media in one. */
  readonly chunks: number;
  readonly chunkDuration: number;
}

/** Penalties are in the terms already. */
const WEIGHTS = { quality: 1, stalling: 1, startup: 1, switching: 1 } as const;

/**
 * The linear score of totals: `value` is the sum of its `terms`: `quality`, `stalling`, `startup`, `switching`, all but
 * the first zero or less where penalties are positive. Null if nothing was shown.
 */
export function linearScore(
  totals: LinearTotals,
  penalties: LinearPenalties,
  normalise: LinearNormalisation,
): QoeScore {
  const { chunks, chunkDuration } = totals;
  if (!(chunks > 0)) return { value: null, terms: {} };
  const by = { sum: 1, perChunk: chunks, perSecond: chunks * chunkDuration }[normalise];
  const quality = (totals.quality * (normalise === 'perSecond' ? chunkDuration : 1)) / by;
  // 0 − x: a part that takes nothing off is 0, not −0.
  const stalling = (0 - penalties.stall * totals.stall) / by;
  const startup = (0 - penalties.stall * totals.startup) / by;
  const switching = (0 - penalties.up * totals.up - penalties.down * totals.down) / by;
  const terms = { quality, stalling, startup, switching };
  return { value: quality + stalling + startup + switching, terms, weights: WEIGHTS };
}

/** Bitrates in kbit/s and what they are worth to `hd`. @see Pensieve (Mao 2017), BITRATE_REWARD */
const HD: readonly (readonly [kbps: number, worth: number])[] = [
  [0, 0],
  [300, 1],
  [750, 2],
  [1200, 3],
  [1850, 12],
  [2850, 15],
  [4300, 20],
];

function hd(kbps: number): number {
  const next = HD.findIndex(([rung]) => rung >= kbps);
  if (next < 0) return HD.at(-1)?.[1] ?? 0;
  const [high = 0, above = 0] = HD[next] ?? [];
  const [low = 0, below = 0] = HD[next - 1] ?? [];
  return next === 0 ? above : below + ((above - below) * (kbps - low)) / (high - low);
}

/**
 * What a bitrate is worth in each sense of quality.
 *
 * @param bitrate bits/s
 * @param lowest lowest bitrate of the ladder, bits/s (only `log` asks)
 * @see Yin 2015 (bitrate), Pensieve (log, hd). `hd` between the rungs of its table is linear: other ladders have other rungs
 */
export function linearQuality(quality: LinearQuality, bitrate: number, lowest: number): number {
  if (quality === 'bitrate') return bitrate / 1e6;
  return quality === 'log' ? Math.log(bitrate / lowest) : hd(bitrate / 1000);
}

/** Penalty of a second of stalling in each sense of quality. @see Pensieve (Mao 2017), table of QoE metrics */
const STALL_PENALTY: Readonly<Record<LinearQuality, number>> = { bitrate: 4.3, log: 2.66, hd: 8 };
const NAMES: Readonly<Record<LinearQuality, string>> = { bitrate: 'linear', log: 'linear-log', hd: 'linear-hd' };

/** Options of {@link linearQoe}. */
export interface LinearOptions {
  /** Default `bitrate`. */
  readonly quality?: LinearQuality;
  /** μ: what a second of stalling takes off; `top` is the quality of the ladder's highest rung. Default 4.3 (bitrate), 2.66 (log), 8 (hd). */
  readonly stallPenalty?: number | 'top';
  /** λ: what a change of quality by one takes off, either way. Default 1. */
  readonly switchPenalty?: number;
  /** Whether waiting for the start counts as stalling: it does in the papers. Default true. */
  readonly startup?: boolean;
  /** Default `perChunk`. */
  readonly normalise?: LinearNormalisation;
  /** s of media in a chunk; default as the presentation declares, else 4. */
  readonly chunkDuration?: number;
}

type Settings = Omit<Required<LinearOptions>, 'chunkDuration'> & { readonly chunkDuration: number | null };

function settingsOf(options: LinearOptions): Settings {
  const { quality = 'bitrate', switchPenalty = 1, startup = true, normalise = 'perChunk' } = options;
  const { stallPenalty = STALL_PENALTY[quality], chunkDuration = null } = options;
  if (!Object.hasOwn(NAMES, quality)) throw new TypeError(`quality must be bitrate, log or hd, got "${quality}"`);
  if (!['sum', 'perChunk', 'perSecond'].includes(normalise)) {
    throw new TypeError(`normalise must be sum, perChunk or perSecond, got "${normalise}"`);
  }
  if (stallPenalty !== 'top' && !(stallPenalty >= 0)) {
    throw new RangeError(`stallPenalty must be "top" or >= 0, got ${stallPenalty}`);
  }
  if (!(switchPenalty >= 0)) throw new RangeError(`switchPenalty must be >= 0, got ${switchPenalty}`);
  if (chunkDuration !== null && !(chunkDuration > 0)) {
    throw new RangeError(`chunkDuration must be > 0 s, got ${chunkDuration}`);
  }
  return { quality, stallPenalty, switchPenalty, startup, normalise, chunkDuration };
}

/** What each rung of a ladder is worth. */
const worthOf = (ladder: Ladder, quality: LinearQuality): readonly number[] =>
  ladder.map(({ bitrate }) => linearQuality(quality, bitrate, ladder[0]?.bitrate ?? bitrate));

function penaltiesOf({ stallPenalty, switchPenalty }: Settings, worth: readonly number[]): LinearPenalties {
  const stall = stallPenalty === 'top' ? (worth.at(-1) ?? 0) : stallPenalty;
  return { stall, up: switchPenalty, down: switchPenalty };
}

/**
 * The linear QoE of the literature: Σ q(Rₙ) − μ·Σ Tₙ − λ·Σ |q(Rₙ₊₁) − q(Rₙ)| over the chunks shown, R their declared
 * bitrates, T seconds of stalling (and start-up). Named `linear`, `linear-log` or `linear-hd` for its quality.
 *
 * `terms` add up to `value`: `quality`, `stalling`, `startup`, `switching`. Chunks shown in part count for that part.
 * Null before anything was shown. A `sum` is provisional until the session has ended: it grows with it.
 *
 * Traps: sums compare only over the same media in the same chunks; μ is in quality per second, so `bitrate` with its
 * 4.3 is made for a ladder whose top is 4.3 Mbit/s (use `top` for others); bitrate says nothing across codecs.
 *
 * @throws TypeError or RangeError naming the option that cannot work
 * @see Yin et al., SIGCOMM 2015; Mao et al. (Pensieve), SIGCOMM 2017
 */
export function linearQoe(options: LinearOptions = {}): QoeScorer {
  const settings = settingsOf(options);
  return { name: NAMES[settings.quality], score: (timeline) => scoreOf(timeline, settings) };
}

function scoreOf(timeline: Timeline, settings: Settings): QoeScore {
  const { ladder, totals, segmentDuration, timeIn, ended } = timeline;
  const startup = startupTimeOf(timeline);
  if (startup === null) return { value: null, terms: {} };
  const chunkDuration = settings.chunkDuration ?? (segmentDuration || 4);
  const worth = worthOf(ladder, settings.quality);
  let [quality, time, up, down] = [0, 0, 0, 0];
  for (const [index, shown] of totals.time.entries()) {
    quality += ((worth[index] ?? 0) * shown) / chunkDuration;
    time += shown;
  }
  for (const { from, to, count } of totals.switches) {
    const change = (worth[to] ?? 0) - (worth[from] ?? 0);
    if (change > 0) up += change * count;
    else down -= change * count;
  }
  const all: LinearTotals = {
    quality,
    up,
    down,
    stall: timeIn.rebuffering,
    startup: settings.startup ? startup : 0,
    chunks: time / chunkDuration,
    chunkDuration,
  };
  const score = linearScore(all, penaltiesOf(settings, worth), settings.normalise);
  return settings.normalise === 'sum' && ended === null ? { ...score, provisional: true } : score;
}

/** One chunk as it was shown: bitrate in bits/s, s of stalling before or in it, s of start-up before it. */
export interface LinearChunk {
  readonly bitrate: number;
  readonly stall?: number;
  readonly startup?: number;
}

/**
 * The linear QoE of a list of chunks, for those who have no session: the same model as {@link linearQoe}.
 *
 * @param chunks in the order shown, each shown whole
 * @param ladder that they are from: its lowest rung is what `log` divides by, its highest is μ if that is `top`
 * @throws TypeError or RangeError naming the option that cannot work
 */
export function scoreChunks(chunks: readonly LinearChunk[], ladder: Ladder, options: LinearOptions = {}): QoeScore {
  const settings = settingsOf(options);
  const lowest = ladder[0]?.bitrate ?? Number.NaN;
  let [quality, up, down, stall, startup] = [0, 0, 0, 0, 0];
  let before: number | null = null;
  for (const chunk of chunks) {
    const worth = linearQuality(settings.quality, chunk.bitrate, lowest);
    const change = before === null ? 0 : worth - before;
    if (change > 0) up += change;
    else down -= change;
    quality += worth;
    stall += chunk.stall ?? 0;
    startup += settings.startup ? (chunk.startup ?? 0) : 0;
    before = worth;
  }
  const chunkDuration = settings.chunkDuration ?? 4;
  const totals = { quality, up, down, stall, startup, chunks: chunks.length, chunkDuration };
  return linearScore(totals, penaltiesOf(settings, worthOf(ladder, settings.quality)), settings.normalise);
}
