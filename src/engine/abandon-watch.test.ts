import { describe, expect, it } from 'vitest';
import type { AbrChoice } from '../abr/abr-controller.ts';
import type { AbrInput, DownloadProgress } from '../abr/strategy.ts';
import { simulatedClock } from '../media/simulated-clock.ts';
import { abandonWatch, progressOf, type WatchedDownload } from './abandon-watch.ts';

const INPUT = { current: 3 } as unknown as AbrInput;
const CHOICE = { index: 0 } as unknown as AbrChoice;

function watched(parts: Partial<WatchedDownload> = {}): WatchedDownload & { readonly given: AbrChoice[] } {
  const given: AbrChoice[] = [];
  return {
    given,
    progress: () => progressOf(3, 0, null, 0),
    input: () => INPUT,
    giveUp: (choice) => given.push(choice),
    ...parts,
  };
}

describe('abandonWatch', () => {
  it('asks every interval while nothing arrives at all, and gives up once when told to', () => {
    const clock = simulatedClock();
    const asked: DownloadProgress[] = [];
    const watch = abandonWatch(
      clock,
      (_input, progress) => {
        asked.push(progress);
        return progress.elapsed >= 0.35 ? CHOICE : null;
      },
      0.1,
    );
    const download = watched({ progress: () => progressOf(3, 0, null, clock.now()) });
    watch.follow(download);
    clock.advance(2);
    expect(asked.map(({ elapsed }) => Number(elapsed.toFixed(1)))).toEqual([0.1, 0.2, 0.3, 0.4]);
    expect(asked.every(({ bytes, firstByte }) => bytes === 0 && firstByte === null)).toBe(true);
    expect(download.given).toEqual([CHOICE]);
    expect(clock.waiting).toBe(0);
  });

  it('stops by itself when the download is over', () => {
    const clock = simulatedClock();
    let asked = 0;
    const watch = abandonWatch(clock, () => {
      asked += 1;
      return null;
    });
    watch.follow(watched({ progress: () => (clock.now() < 0.25 ? progressOf(3, 0, null, clock.now()) : null) }));
    clock.advance(5);
    expect(asked).toBe(2);
    expect(clock.waiting).toBe(0);
  });

  it('does not ask while there is no input, and goes on looking', () => {
    const clock = simulatedClock();
    const watch = abandonWatch(clock, () => CHOICE);
    const download = watched({ input: () => (clock.now() < 1 ? null : INPUT) });
    watch.follow(download);
    clock.advance(0.95);
    expect(download.given).toEqual([]);
    clock.advance(0.2);
    expect(download.given).toEqual([CHOICE]);
  });

  it('follows one download at a time, and none after stop()', () => {
    const clock = simulatedClock();
    const watch = abandonWatch(clock, () => CHOICE);
    const [first, second] = [watched(), watched()];
    watch.follow(first);
    watch.follow(second);
    watch.stop();
    clock.advance(1);
    expect([first.given, second.given]).toEqual([[], []]);
    expect(clock.waiting).toBe(0);
  });
});

describe('progressOf', () => {
  it('counts from when the request left until the first byte', () => {
    expect(progressOf(2, 10, null, 10.4)).toEqual({
      index: 2,
      elapsed: expect.closeTo(0.4),
      firstByte: null,
      bytes: 0,
      totalBytes: null,
    });
  });

  it('counts a second attempt from its own start', () => {
    const last = { bytes: 500, totalBytes: 1000, start: 12, firstByte: 12.25 };
    expect(progressOf(2, 10, last, 13)).toEqual({
      index: 2,
      elapsed: 1,
      firstByte: 0.25,
      bytes: 500,
      totalBytes: 1000,
    });
  });
});
