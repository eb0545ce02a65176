import type shaka from 'shaka-player/dist/shaka-player.compiled-es2021.js';
import type { Ladder } from '../../media/rendition.ts';
import { type LadderMap, mapLadder } from '../ladder-map.ts';
import {
  bySuitableSound,
  describeVariant,
  mainStream,
  meetsRestrictions,
  type Stream,
  type Variant,
} from './variants.ts';

/** Stands where shaka's own ABR would, and speaks of rungs instead of variants. */
export interface VariantChooser {
  /** For `abrFactory`. Shaka makes one for its guess of the first variant while it loads, and another one to play with. */
  createManager(): shaka.extern.AbrManager;
  /** Empty before shaka has parsed the manifest, and where it declares no bitrates: then there is nothing to choose. */
  readonly ladder: Ladder;
  /** Rungs that shaka can play now: decodable, not disabled after an error, within its restrictions. Ascending. */
  candidates(): readonly number[];
  /** The rung shaka was last told to stream; null before. */
  readonly selected: number | null;
  /** The stream that makes a rung what it is; null if it cannot be played now. */
  streamOf(index: number): Stream | null;
  /** The rung that a picture stream belongs to; null if none. */
  indexOf(stream: Stream): number | null;
  /** Leaves a rung out as long as there are others; null leaves none out. */
  avoid(index: number | null): void;
  /** Segments of this rung have arrived. */
  arrived(index: number): void;
  /** Keeps to rungs of which something has arrived before, as long as there are such. */
  keepToKnown(doubtful: boolean): void;
  /**
   * Forgets that shaka disabled variants, once for each rung that could not be appended. Shaka has to be asked to look at its
   * variants again.
   */
  forgive(): void;
  /** Streams another rung from the next segment on, giving up the one in flight. False if shaka is not ready for it. */
  switchTo(index: number): boolean;
  /** The same at once: what is buffered more than `margin` s ahead of the playhead is thrown out. */
  replaceFrom(index: number, margin: number): boolean;
}

/** What the chooser needs to know. bits/s. */
export interface VariantChooserParts {
  /** Which candidate to stream when shaka must have an answer: at the start, and after the selected rung was disabled. */
  choose(candidates: readonly number[]): number;
  /** A redundant stream takes the place of the one that was disabled, at the same rung. */
  replaced(index: number): void;
  /** For shaka's statistics. */
  throughput(): number;
}

const declaresBitrate = ({ bandwidth }: Variant): boolean => bandwidth > 0;

/**
 * A full replacement of shaka's ABR manager. It never switches of its own accord: decisions are made where each segment is
 * requested (`segment-gate.ts`). Shaka itself asks only at the start, when a stream was disabled or enabled again, and when
 * the sound changes; then the selected rung stays if it can.
 */
export function variantChooser(parts: VariantChooserParts): VariantChooser {
  let map: LadderMap<Variant> | null = null;
  const byVariant = new Map<Variant, number>();
  const byStream = new Map<number, readonly number[]>();
  let open: readonly Variant[] = [];
  let restrictions: shaka.extern.Restrictions | null = null;
  let change: shaka.extern.AbrManager.SwitchCallback | null = null;
  let enabled = false;
  let selected: number | null = null;
  let taken: Variant | null = null;
  const avoided = new Set<number>();
  const forgiven = new Set<number>();
  const known = new Set<number>();
  let doubtful = false;

  /** A stream that is known tells the rung: shaka rewrites its bandwidth and codecs once it has its playlist. */
  const rungOf = (variant: Variant): number | null => {
    const rungs = byStream.get(mainStream(variant)?.id ?? -1) ?? [];
    const exact = rungs.find((index) => map?.ladder[index]?.bitrate === variant.bandwidth);
    return exact ?? rungs[0] ?? map?.indexOf(variant) ?? null;
  };

  const note = (variant: Variant, index: number | null): void => {
    const id = mainStream(variant)?.id;
    if (index === null || id === undefined || byVariant.has(variant)) return;
    byVariant.set(variant, index);
    const rungs = byStream.get(id) ?? [];
    if (!rungs.includes(index)) byStream.set(id, [...rungs, index]);
  };

  const offer = (variants: readonly Variant[]): void => {
    open = bySuitableSound(variants);
    const rated = open.filter(declaresBitrate);
    if (map === null && rated.length > 0) {
      const made = mapLadder(rated, describeVariant);
      for (const variant of rated) note(variant, made.indexOf(variant));
      map = made;
    }
    for (const variant of rated) note(variant, rungOf(variant));
  };

  const allowed = (): readonly Variant[] => {
    const limits = restrictions;
    const within = limits === null ? open : open.filter((variant) => meetsRestrictions(variant, limits));
    const wanted = within.filter((variant) => !avoided.has(byVariant.get(variant) ?? -1));
    if (within.length > 0) return wanted.length > 0 ? wanted : within;
    // Restrictions that nothing meets must not stop playback: the least of what there is.
    return [...open].sort((a, b) => a.bandwidth - b.bandwidth).slice(0, 1);
  };

  const candidates = (): readonly number[] => {
    const indices = allowed().map((variant) => byVariant.get(variant));
    const able = [...new Set(indices.filter((index) => index !== undefined))].sort((a, b) => a - b);
    const safe = doubtful ? able.filter((index) => known.has(index)) : [];
    return safe.length > 0 ? safe : able;
  };

  const take = (index: number): Variant | null => {
    const variant = allowed().find((candidate) => byVariant.get(candidate) === index) ?? null;
    if (variant === null) return null;
    selected = index;
    taken = variant;
    return variant;
  };

  const chooseVariant = (): Variant => {
    const able = candidates();
    // Shaka's type promises a variant, but without variants it takes (and gets from its own manager) null.
    if (able.length === 0) return allowed()[0] as Variant;
    const kept = selected !== null && able.includes(selected) ? selected : null;
    const gone = taken !== null && !open.includes(taken) && taken.disabledUntilTime !== 0;
    if (kept !== null && gone) parts.replaced(kept);
    return take(kept ?? parts.choose(able)) ?? (allowed()[0] as Variant);
  };

  const createManager = (): shaka.extern.AbrManager => {
    let given: readonly Variant[] = [];
    let playing = false;
    const stop = (): void => {
      given = [];
      if (!playing) return;
      playing = false;
      enabled = false;
      change = null;
      open = [];
    };
    return {
      init(switchCallback) {
        playing = true;
        change = switchCallback;
      },
      setVariants(variants) {
        const same = variants.length === given.length && variants.every((variant) => given.includes(variant));
        given = [...variants];
        offer(given);
        return !same;
      },
      chooseVariant,
      configure(config) {
        restrictions = config.restrictions;
      },
      enable() {
        enabled = playing;
      },
      disable() {
        enabled = false;
      },
      stop,
      release: stop,
      getBandwidthEstimate: parts.throughput,
      segmentDownloaded() {},
      trySuggestStreams() {},
      playbackRateChanged() {},
      setMediaElement() {},
      setCmsdManager() {},
    };
  };

  const switchTo = (index: number, margin: number | null): boolean => {
    const before = selected;
    const variant = enabled && change !== null ? take(index) : null;
    if (variant === null || change === null) return false;
    if (margin === null) {
      change(variant);
      return true;
    }
    // Shaka does nothing when it is told to switch to what it streams, so it goes there by way of another one.
    const others = open.filter(({ video }) => video !== variant.video);
    const other = others.find(({ audio }) => audio === variant.audio) ?? others[0];
    if (before === index && other) change(other);
    change(variant, true, margin);
    return true;
  };

  return {
    createManager,
    get ladder() {
      return map?.ladder ?? [];
    },
    candidates,
    get selected() {
      return selected;
    },
    streamOf(index) {
      const variant = open.find((candidate) => byVariant.get(candidate) === index);
      return variant === undefined ? null : mainStream(variant);
    },
    indexOf(stream) {
      const indices = byStream.get(stream.id) ?? [];
      return selected !== null && indices.includes(selected) ? selected : (indices[0] ?? null);
    },
    avoid(index) {
      if (index === null) avoided.clear();
      else avoided.add(index);
    },
    arrived: (index) => known.add(index),
    keepToKnown(doubt) {
      doubtful = doubt;
    },
    forgive() {
      const banned = [...byVariant].filter(([{ disabledUntilTime }]) => disabledUntilTime === Number.POSITIVE_INFINITY);
      for (const [variant, index] of banned) if (!forgiven.has(index)) variant.disabledUntilTime = 0;
      for (const [, index] of banned) forgiven.add(index);
    },
    switchTo: (index) => switchTo(index, null),
    replaceFrom: switchTo,
  };
}
