import { describe, expect, it } from 'vitest';
import { line, sharedLine } from './line.ts';
import { network } from './network.ts';
import { playhead } from './playhead.ts';
import type { SoundRule } from './profile.ts';
import { type SoundArrival, soundTrack } from './sound-track.ts';

const LINK = { id: 'test', periods: [{ duration: 1000, bandwidth: 1e6, latency: 0.1 }] };
const PROMPT: SoundRule = { ahead: 0, prompt: true, pollMs: 100 };

/** A shared line of 1 Mbit/s and 0.1 s; each of `count` sound segments is 0.2 Mbit and 4 s of media. */
function shared(rule: SoundRule, count = 3, targetMs = 60_000) {
  const head = playhead(() => {}, null);
  const link = network(LINK);
  const arrivals: (SoundArrival & { readonly at: number })[] = [];
  const sound = soundTrack({
    bits: Array.from({ length: count }, () => 0.2e6),
    durations: Array.from({ length: count }, () => 4000),
    rule,
    requestMs: { before: 0, after: 0 },
    targetMs,
    head,
    latencyMs: link.latencyMs,
    onArrival: (arrival) => arrivals.push({ ...arrival, at: head.now() }),
  });
  return { head, sound, arrivals, passing: sharedLine(link, head, sound) };
}

describe('a line with sound on it', () => {
  it('is a line of its own while the sound is idle', () => {
    const { head, passing } = shared(PROMPT);
    const bare = { head: playhead(() => {}, null) };
    const alone = line(network(LINK), bare.head);
    for (const one of [passing, alone]) {
      expect(one.fetch(1e6)).toBe(100);
      expect(one.latency(1, 40)).toEqual({ left: 0.6, timeMs: 40 });
      expect(one.latency(0.6, 1000)).toEqual({ left: 0, timeMs: 60 });
      expect(one.step(1e6, 300_000, 100)).toEqual({ left: 700_000, timeMs: 300 });
      expect(one.step(700_000, 0, 100)).toEqual({ left: 600_000, timeMs: 100 });
      one.wait(50);
    }
    expect(head.now()).toBeCloseTo(1.1 + 0.1 + 0.4 + 0.05, 9);
    expect(head.now()).toBe(bare.head.now());
  });

  it('carries both in equal parts until one is there', () => {
    const { head, sound, arrivals, passing } = shared(PROMPT, 1);
    sound.start();
    passing.fetch(1e6);
    // 0.2 Mbit at half of 1 Mbit/s: 0.4 s after the first byte; all 1.2 Mbit after 1.2 s.
    expect(arrivals).toEqual([{ segment: 0, asked: 0, firstByte: 0.1, at: expect.closeTo(0.5, 9) }]);
    expect(head.now()).toBeCloseTo(1.3, 9);
    expect(sound.over()).toBe(true);
  });

  it('gives the sound the whole link while nothing else is on it, and what it leaves to the picture', () => {
    const { head, sound, arrivals, passing } = shared(PROMPT, 1);
    sound.start();
    passing.wait(250);
    // 0.15 of 0.2 Mbit have come; the picture's first byte comes at 0.35, the sound has ended at 0.3.
    passing.fetch(1e6);
    expect(arrivals[0]?.at).toBeCloseTo(0.3, 9);
    expect(head.now()).toBeCloseTo(1.35, 9);
  });

  it('looks after the limits of a step in the middle of it all', () => {
    const { sound, passing } = shared(PROMPT, 1);
    sound.start();
    passing.wait(100);
    // 0.2 s at half the link, then 0.2 s more; the sound is there after 0.4, then the whole link.
    expect(passing.step(1e6, 0, 200)).toEqual({ left: 900_000, timeMs: 200 });
    expect(passing.step(900_000, 300_000, 100)).toEqual({
      left: expect.closeTo(600_000, 6),
      timeMs: expect.closeTo(400, 9),
    });
  });
});

describe('when the sound is fetched', () => {
  it('promptly: with the picture, never ahead of it', () => {
    const { sound, arrivals, passing } = shared(PROMPT);
    sound.start();
    passing.wait(5000);
    expect(arrivals.map(({ asked }) => asked)).toEqual([0]);
    sound.pictureArrived();
    passing.wait(5000);
    expect(arrivals.map(({ asked }) => asked)).toEqual([0, 5]);
  });

  it('one ahead: at once after its own, then looked at every half second', () => {
    const { sound, arrivals, passing } = shared({ ahead: 1, prompt: false, pollMs: 500 });
    sound.start();
    // Each takes 0.1 and 0.2 s: there at 0.3 and 0.6. Looks at 1.1, 1.6 …: the first after the picture is at 2.1.
    passing.wait(2000);
    sound.pictureArrived();
    passing.wait(2000);
    expect(arrivals.map(({ asked }) => asked)).toEqual([0, 0.3, 2.1].map((at) => expect.closeTo(at, 9)));
  });

  it('not while the buffer is full', () => {
    const { head, sound, arrivals, passing } = shared(PROMPT, 3, 4000);
    sound.start();
    passing.wait(1000);
    head.append(0, 8000);
    head.play(0);
    sound.pictureArrived();
    sound.pictureArrived();
    // 4 s of it at position 0: below the target from the first look after 1 s on.
    passing.wait(1000);
    expect(arrivals.map(({ asked }) => asked)).toEqual([0, 1.1].map((at) => expect.closeTo(at, 9)));
  });
});
