import type Hls from 'hls.js';
import type { AbrComponentAPI, EwmaBandWidthEstimator, Fragment, Level, LevelDetails, Part } from 'hls.js';
import type { AbrChoice } from '../../abr/abr-controller.ts';
import type { AbrInput, AbrPhase } from '../../abr/strategy.ts';
import type { Clock } from '../../media/clock.ts';
import type { Fact } from '../../media/playback-event.ts';
import type { LadderMap } from '../ladder-map.ts';
import { type BandwidthView, bandwidthView } from './bandwidth-view.ts';
import { candidatesOf, type LevelTraits } from './candidates.ts';
import { describeSegment, segmentAt } from './next-segment.ts';

/** What the chooser is made of, besides the Hls it lives in. */
export interface ChooserParts {
  readonly media: HTMLMediaElement;
  readonly clock: Clock;
  readonly decide: (input: AbrInput) => AbrChoice;
  /** s. */
  readonly bufferTarget: number;
  readonly phase: () => AbrPhase;
  /** Null until the multivariant playlist is parsed. */
  readonly ladder: () => LadderMap<Level> | null;
}

/** s reckoned for the first segment before any media playlist is there. */
const UNKNOWN_DURATION = 4;
/** States of hls.js in which a picture segment is under way. */
const BUSY = new Set(['KEY_LOADING', 'FRAG_LOADING', 'PARSING', 'PARSED']);

/** A choice kept until it is acted on, so that hls.js may read it any number of times. */
interface Memo {
  /** What it was made for; null holds for whichever segment is fetched next. */
  readonly key: string | null;
  readonly choice: AbrChoice;
  /** Its fact is in the log already. */
  readonly told: boolean;
}

/** Fetching is held back until this session time, or until the buffer is down to `floor` s. */
interface Hold {
  readonly until: number;
  readonly floor: number;
}

const penaltyOver = (level: Level, expireMs: number): boolean =>
  expireMs > 0 && level.loadErrorTime !== 0 && performance.now() - level.loadErrorTime > expireMs;

const decodes = ({ supportedResult }: Level): boolean =>
  supportedResult === undefined ||
  (supportedResult.supported && !supportedResult.decodingInfoResults.some(({ smooth }) => smooth === false));

/**
 * Replaces hls.js's AbrController whole: every question of hls.js for a level is answered by `decide`.
 *
 * hls.js reads `nextAutoLevel` on every tick and writes back what it read, also while it fetches nothing. So the getter answers
 * the level in use while there is nothing to fetch or a segment is under way, asks `decide` once for each segment otherwise, and
 * keeps that answer until the segment's download starts ({@link taken}) or something it depends on changes: the segment, the
 * health of the levels, caps or selection ({@link forget}). What hls.js writes is no command; only a level that hls.js itself
 * wants to leave (errors) makes the next read ask anew.
 */
export class LevelChooser implements AbrComponentAPI {
  readonly #hls: Hls;
  readonly #parts: ChooserParts;
  readonly #bandwidth: BandwidthView = bandwidthView();
  #memo: Memo | null = null;
  #hold: Hold | null = null;
  #current: number | null = null;
  #revision = 0;
  /** hls.js asked to leave the level of the segment under way. */
  #leaving = false;
  #answer = -1;
  /** Number of the segment that is being fetched part by part (low-latency HLS); null otherwise. */
  #begun: Fragment['sn'] | null = null;

  constructor(hls: Hls, parts: ChooserParts) {
    this.#hls = hls;
    this.#parts = parts;
  }

  get bwEstimator(): EwmaBandWidthEstimator {
    return this.#bandwidth.estimator;
  }

  resetEstimator(estimate: number): void {
    this.#bandwidth.setDefault(estimate);
  }

  get firstAutoLevel(): number {
    return this.nextAutoLevel;
  }

  set firstAutoLevel(_level: number) {}

  /** No level is ever forced on hls.js past its own question. */
  get forcedAutoLevel(): number {
    return -1;
  }

  set forcedAutoLevel(_level: number) {}

  get nextAutoLevel(): number {
    this.#answer = this.#level();
    return this.#answer;
  }

  set nextAutoLevel(level: number) {
    if (level === this.#answer) return;
    this.#leaving = true;
  }

  destroy(): void {
    this.#memo = null;
  }

  /** The rendition of the last segment asked for; null before the first. */
  get current(): number | null {
    return this.#current;
  }

  /** Caps or the selection changed: what was decided holds no more. */
  forget(): void {
    this.#revision += 1;
    this.#memo = null;
    this.#release();
  }

  /** The next segment is fetched at `choice`, whatever segment that is. `told`: its fact is in the log already. */
  force(choice: AbrChoice, told: boolean): void {
    this.#memo = { key: null, choice, told };
    this.#release();
  }

  /** Asks now for the segment after the buffer, without keeping the answer; null before there is a ladder. */
  ask(): AbrChoice | null {
    const input = this.#inputFor(this.#next());
    return input === null ? null : this.#decide(input);
  }

  /**
   * The download of a picture segment starts, or of a `part` of it: the fact of the choice that led to it, null if it was told
   * before.
   */
  taken(frag: Fragment, part: Part | null = null): Extract<Fact, { type: 'decision' }> | null {
    const details = this.#hls.levels[frag.level]?.details;
    const input = details ? this.inputFor(frag, details) : null;
    const index = this.indexOf(frag.level);
    const memo = this.#memo;
    this.#memo = null;
    this.#leaving = false;
    const choice = memo?.choice ?? (input === null ? null : this.#decide(input));
    const goesOn = part !== null && this.#begun === frag.sn && this.#current === index;
    this.#begun = part === null ? null : frag.sn;
    this.#current = index;
    if (choice === null || index === null || input === null || memo?.told || goesOn) return null;
    const { fact } = choice;
    const { number, start } = input.segment;
    const reason =
      index === choice.index ? fact.reason : `${fact.reason} (hls.js took ${index} instead of ${fact.index})`;
    return { ...fact, index, reason, segment: { number, start } };
  }

  /** Index into the ladder of an hls.js level; null if there is none. */
  indexOf(level: number): number | null {
    const found = this.#hls.levels[level];
    return found === undefined ? null : (this.#parts.ladder()?.indexOf(found) ?? null);
  }

  /** What `decide` is asked with for this segment; null before there is a ladder. */
  inputFor(frag: Fragment, details: LevelDetails): AbrInput | null {
    return this.#inputFor({ frag, details });
  }

  #level(): number {
    const { levels, loadLevel } = this.#hls;
    if (levels.length === 0 || this.#parts.ladder() === null) return Math.max(loadLevel, 0);
    const sticky = this.#memo?.key === null ? this.#memo : null;
    if (sticky) return this.#levelFor(sticky.choice.index);
    const busy = this.#leaving ? null : this.#underWay();
    if (busy !== null) return busy;
    this.#expireHold();
    const next = this.#next();
    const stay = loadLevel >= 0 && this.#traits().some(({ level, healthy }) => level === loadLevel && healthy);
    if (stay && (this.#bufferFull() || (next === null && this.#hls.latestLevelDetails !== null))) return loadLevel;
    // A segment that was begun is ended in the same rendition.
    if (stay && next !== null && next.frag.sn === this.#begun) return loadLevel;
    const key = this.#key(next?.frag ?? null);
    if (this.#memo?.key !== key) {
      const input = this.#inputFor(next);
      if (input === null) return Math.max(loadLevel, 0);
      const choice = this.#decide(input);
      this.#memo = { key, choice, told: false };
      if (choice.wait !== undefined && choice.wait > 0 && stay) {
        this.#holdBack(choice.wait);
        return loadLevel;
      }
    }
    return this.#levelFor(this.#memo?.choice.index ?? 0);
  }

  #decide(input: AbrInput): AbrChoice {
    const choice = this.#parts.decide(input);
    this.#bandwidth.show(choice.fact.inputs.throughput, choice.fact.inputs.latency);
    return choice;
  }

  #key(frag: Fragment | null): string {
    const health = this.#traits()
      .map(({ healthy, decodable }) => (healthy && decodable ? '1' : '0'))
      .join('');
    return `${frag?.sn ?? 'start'} ${this.#current} ${this.#revision} ${health}`;
  }

  /** Level of the picture segment that is being fetched or appended; null when there is none. */
  #underWay(): number | null {
    const { frag, state } = this.#hls.inFlightFragments.main;
    return frag !== null && BUSY.has(state) && frag.level < this.#hls.levels.length ? frag.level : null;
  }

  #bufferFull(): boolean {
    return this.#bufferLevel() >= this.#hls.maxBufferLength;
  }

  #bufferLevel(): number {
    return this.#hls.mainForwardBufferInfo?.len ?? 0;
  }

  #next(): { frag: Fragment; details: LevelDetails } | null {
    const details = this.#hls.latestLevelDetails;
    const end = this.#hls.mainForwardBufferInfo?.end;
    if (details === null || end === undefined) return null;
    const frag = segmentAt<Fragment>(details, end);
    return frag === null ? null : { frag, details };
  }

  #traits(): readonly (LevelTraits & { readonly level: number })[] {
    const { levels, minAutoLevel, maxAutoLevel, config } = this.#hls;
    const top = Math.min(maxAutoLevel, levels.length - 1);
    return levels.flatMap((level, at) => {
      const index = this.indexOf(at);
      if (index === null || at < minAutoLevel || at > top) return [];
      const healthy =
        (level.loadError === 0 && level.fragmentError === 0) || penaltyOver(level, config.errorPenaltyExpireMs);
      const { codecSet, videoRange, frameRate } = level;
      return [{ level: at, index, codecSet, videoRange, frameRate, healthy, decodable: decodes(level) }];
    });
  }

  #candidates(): readonly number[] {
    const traits = this.#traits();
    return candidatesOf(traits, traits.find(({ index }) => index === this.#current) ?? null);
  }

  /** The hls.js level of a rung: the one in use if it is of that rung, else a healthy one, else any. */
  #levelFor(index: number): number {
    const { loadLevel } = this.#hls;
    const able = this.#traits().filter((trait) => trait.index === index);
    const chosen =
      able.find(({ level, healthy }) => level === loadLevel && healthy) ?? able.find(({ healthy }) => healthy);
    return (chosen ?? able[0])?.level ?? Math.max(loadLevel, 0);
  }

  #sizes(frag: Fragment): readonly (number | null)[] {
    const { levels } = this.#hls;
    const ladder = this.#parts.ladder();
    return (ladder?.ladder ?? []).map((_, index) => {
      const details = ladder?.variantsOf(index, levels).find((level) => level.details)?.details;
      const twin = details?.fragments[Number(frag.sn) - details.startSN];
      if (twin === undefined) return null;
      if (twin.byteLength !== null) return twin.byteLength;
      return twin.bitrate === null ? null : (twin.bitrate * twin.duration) / 8;
    });
  }

  #inputFor(next: { frag: Fragment; details: LevelDetails } | null): AbrInput | null {
    const ladder = this.#parts.ladder();
    const { media, bufferTarget, phase } = this.#parts;
    if (ladder === null) return null;
    const { latestLevelDetails, latency, targetLatency } = this.#hls;
    const candidates = this.#candidates();
    if (candidates.length === 0) return null;
    const position = media.currentTime;
    return {
      ladder: ladder.ladder,
      candidates,
      current: this.#current,
      segment:
        next === null
          ? { number: null, start: position, duration: UNKNOWN_DURATION, sizes: null, remaining: null }
          : describeSegment(next.details, next.frag, this.#sizes(next.frag)),
      bufferLevel: this.#bufferLevel(),
      bufferTarget,
      position,
      playbackRate: media.playbackRate,
      phase: phase(),
      live: latestLevelDetails?.live ? { latency: latency || null, target: targetLatency } : null,
    };
  }

  /**
   * Holds fetching back for `wait` s by letting hls.js think that its buffer is full: it goes on once the buffer has drained by
   * so much (the audio follows), or the time is over.
   */
  #holdBack(wait: number): void {
    const { clock, media } = this.#parts;
    const floor = Math.max(this.#bufferLevel() - wait * media.playbackRate, 1);
    this.#hold = { until: clock.now() + wait, floor };
    this.#hls.config.maxBufferLength = floor;
  }

  #expireHold(): void {
    const hold = this.#hold;
    if (hold === null) return;
    if (this.#parts.clock.now() < hold.until && this.#bufferLevel() > hold.floor) return;
    this.#memo = null;
    this.#release();
  }

  #release(): void {
    if (this.#hold === null) return;
    this.#hold = null;
    this.#hls.config.maxBufferLength = this.#parts.bufferTarget;
  }
}
