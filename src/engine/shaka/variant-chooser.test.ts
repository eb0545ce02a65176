import { describe, expect, it, vi } from 'vitest';
import { fakeStream, fakeVariant } from './fake-variant.ts';
import { type VariantChooser, variantChooser } from './variant-chooser.ts';
import type { Variant } from './variants.ts';

const low = fakeVariant(1, 300_000, { height: 180 });
const middle = fakeVariant(2, 1_000_000, { height: 360 });
const high = fakeVariant(3, 3_000_000, { height: 720 });
const ALL = [high, low, middle];

function chooserOf(
  choose: (candidates: readonly number[]) => number = () => 0,
  replaced: (index: number) => void = () => {},
): {
  chooser: VariantChooser;
  offer: (variants: readonly Variant[]) => boolean;
  choose: () => Variant;
  change: ReturnType<typeof vi.fn>;
} {
  const chooser = variantChooser({ choose, replaced, throughput: () => 1e6 });
  const manager = chooser.createManager();
  const change = vi.fn();
  manager.init(change, () => {});
  manager.enable();
  return {
    chooser,
    offer: (variants) => manager.setVariants([...variants], false),
    choose: () => manager.chooseVariant(),
    change,
  };
}

describe('variantChooser', () => {
  it('makes the ladder of the first variants offered, ascending, and keeps it', () => {
    const { chooser, offer } = chooserOf();
    offer(ALL);
    expect(chooser.ladder.map(({ bitrate }) => bitrate)).toEqual([300_000, 1_000_000, 3_000_000]);
    offer([high]);
    expect(chooser.ladder).toHaveLength(3);
    expect(chooser.candidates()).toEqual([2]);
  });

  it('says whether the variants changed, as shaka asks of it', () => {
    const { offer } = chooserOf();
    expect(offer(ALL)).toBe(true);
    expect(offer([...ALL].reverse())).toBe(false);
    expect(offer([low, middle])).toBe(true);
  });

  it('keeps the manager of a preload apart from the one that plays', () => {
    const { chooser, offer } = chooserOf();
    const guess = chooser.createManager();
    guess.setVariants(ALL, false);
    expect(guess.chooseVariant()).toBe(low);
    expect(offer(ALL), 'new to the manager that plays').toBe(true);
    guess.release();
    expect(chooser.candidates(), 'the end of the guess takes nothing away').toEqual([0, 1, 2]);
  });

  it('asks for a rung at the start and keeps it while it is open', () => {
    const asked = vi.fn(() => 1);
    const { offer, choose } = chooserOf(asked);
    offer(ALL);
    expect(choose()).toBe(middle);
    expect(choose()).toBe(middle);
    expect(asked).toHaveBeenCalledTimes(1);
    offer([low, high]);
    asked.mockReturnValue(0);
    expect(choose(), 'the one at hand was disabled').toBe(low);
    expect(asked).toHaveBeenLastCalledWith([0, 2]);
  });

  it('plays the same rung in another language', () => {
    const { chooser, offer, choose } = chooserOf(() => 2);
    offer(ALL);
    choose();
    const french = fakeStream(2, { type: 'audio', codecs: 'mp4a.40.2', language: 'fr' });
    const dubbed = [low, middle, high].map((variant) =>
      fakeVariant(variant.id + 10, variant.bandwidth, { video: variant.video, audio: french }),
    );
    offer(dubbed);
    expect(chooser.candidates()).toEqual([0, 1, 2]);
    expect(choose()).toBe(dubbed[2]);
  });

  it('goes to a redundant stream of the same rung when one is disabled, and says so', () => {
    const replaced = vi.fn();
    const spare = fakeVariant(23, high.bandwidth, { height: 720 });
    const first = fakeVariant(22, high.bandwidth, { height: 720 });
    const { offer, choose } = chooserOf(() => 1, replaced);
    offer([low, first, spare]);
    expect(choose()).toBe(first);
    first.disabledUntilTime = 1e9;
    offer([low, spare]);
    expect(choose()).toBe(spare);
    expect(replaced.mock.calls).toEqual([[1]]);
  });

  it('knows a stream again after shaka has rewritten its bandwidth', () => {
    const { chooser, offer } = chooserOf();
    offer(ALL);
    const video = { ...(high.video as NonNullable<Variant['video']>), bandwidth: 2_800_000 };
    const other = fakeVariant(13, 3_000_000, { video, audio: fakeStream(2, { type: 'audio' }) });
    offer([low, middle, other]);
    expect(chooser.indexOf(video)).toBe(2);
    expect(chooser.candidates()).toEqual([0, 1, 2]);
  });

  it('honours the restrictions of the configuration, unless nothing would be left', () => {
    const chooser = variantChooser({ choose: () => 0, replaced() {}, throughput: () => 1e6 });
    const manager = chooser.createManager();
    manager.setVariants(ALL, false);
    const limits = {
      minWidth: 0,
      maxWidth: 1e9,
      minHeight: 0,
      minPixels: 0,
      maxPixels: 1e9,
      minFrameRate: 0,
      maxFrameRate: 1e9,
      minBandwidth: 0,
      maxBandwidth: 1e9,
      minChannelsCount: 0,
      maxChannelsCount: 99,
    };
    const configure = (maxHeight: number): void =>
      manager.configure({ restrictions: { ...limits, maxHeight } } as Parameters<typeof manager.configure>[0]);
    configure(360);
    expect(chooser.candidates()).toEqual([0, 1]);
    configure(100);
    expect(chooser.candidates()).toEqual([0]);
  });

  it('switches only while shaka lets it', () => {
    const { chooser, offer, change } = chooserOf();
    offer(ALL);
    expect(chooser.switchTo(2)).toBe(true);
    expect(change).toHaveBeenLastCalledWith(high);
    expect(chooser.selected).toBe(2);
    const idle = variantChooser({ choose: () => 0, replaced() {}, throughput: () => 1e6 });
    idle.createManager().setVariants(ALL, false);
    expect(idle.switchTo(1)).toBe(false);
    expect(idle.selected).toBeNull();
  });

  it('does not switch to a rung that cannot be played now', () => {
    const { chooser, offer, change } = chooserOf();
    offer([low, middle]);
    offer([low]);
    expect(chooser.switchTo(1)).toBe(false);
    expect(change).not.toHaveBeenCalled();
  });

  it('replaces what is buffered, by way of another rung if shaka streams the wanted one already', () => {
    const { chooser, offer, change } = chooserOf();
    offer(ALL);
    chooser.switchTo(2);
    chooser.replaceFrom(1, 3);
    expect(change.mock.calls.slice(1)).toEqual([[middle, true, 3]]);
    chooser.replaceFrom(1, 3);
    expect(change.mock.calls.slice(2).map(([variant]) => variant === middle)).toEqual([false, true]);
    expect(change).toHaveBeenLastCalledWith(middle, true, 3);
  });

  it('leaves an avoided rung out while there are others', () => {
    const { chooser, offer } = chooserOf();
    offer(ALL);
    chooser.avoid(0);
    expect(chooser.candidates()).toEqual([1, 2]);
    chooser.avoid(1);
    chooser.avoid(2);
    expect(chooser.candidates()).toEqual([0, 1, 2]);
    chooser.avoid(null);
    chooser.avoid(1);
    expect(chooser.candidates()).toEqual([0, 2]);
  });

  it('keeps to rungs that worked while the network is in doubt', () => {
    const { chooser, offer } = chooserOf();
    offer(ALL);
    chooser.keepToKnown(true);
    expect(chooser.candidates(), 'none did yet').toEqual([0, 1, 2]);
    chooser.arrived(1);
    expect(chooser.candidates()).toEqual([1]);
    offer([low, high]);
    expect(chooser.candidates(), 'it was disabled').toEqual([0, 2]);
    chooser.keepToKnown(false);
    offer(ALL);
    expect(chooser.candidates()).toEqual([0, 1, 2]);
  });

  it('forgives a rung that could not be appended once, and not twice', () => {
    const { chooser, offer } = chooserOf();
    const broken = fakeVariant(4, 2_000_000);
    offer([low, broken]);
    broken.disabledUntilTime = Number.POSITIVE_INFINITY;
    chooser.forgive();
    expect(broken.disabledUntilTime).toBe(0);
    broken.disabledUntilTime = Number.POSITIVE_INFINITY;
    chooser.forgive();
    expect(broken.disabledUntilTime).toBe(Number.POSITIVE_INFINITY);
  });

  it('has no ladder where the manifest declares no bitrates, and plays what there is', () => {
    const { chooser, offer, choose } = chooserOf();
    const only = fakeVariant(1, 0);
    offer([only]);
    expect(chooser.ladder).toEqual([]);
    expect(chooser.candidates()).toEqual([]);
    expect(choose()).toBe(only);
  });

  it('reuses nothing after shaka has unloaded', () => {
    const chooser = variantChooser({ choose: () => 0, replaced() {}, throughput: () => 1e6 });
    const manager = chooser.createManager();
    const change = vi.fn();
    manager.init(change, () => {});
    manager.setVariants(ALL, false);
    manager.enable();
    manager.stop();
    expect(chooser.switchTo(1)).toBe(false);
    expect(change).not.toHaveBeenCalled();
  });
});
