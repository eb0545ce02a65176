import { describe, expect, it } from 'vitest';
import { keepPlaying } from './keep-playing.ts';

/** A media element as far as playing, pausing and being reset go. */
class FakeMedia extends EventTarget {
  paused = true;
  error: object | null = null;
  playbackRate = 1;
  plays = 0;
  say(type: string): void {
    this.dispatchEvent(new Event(type));
  }
  play(): Promise<void> {
    this.plays += 1;
    this.paused = false;
    this.say('play');
    return Promise.resolve();
  }
  pause(): void {
    this.paused = true;
    this.say('pause');
  }
  /** As the load algorithm does it: paused and at normal speed, without a pause event of its own. */
  reset(): void {
    this.error = null;
    this.paused = true;
    this.say('emptied');
    this.playbackRate = 1;
    this.say('ratechange');
  }
}

const setUp = () => {
  const media = new FakeMedia();
  const { stop } = keepPlaying(media as unknown as HTMLMediaElement);
  media.reset();
  media.say('canplay');
  return { media, stop };
};

describe('keepPlaying', () => {
  it('goes on after an error and a reset, at the speed there was', () => {
    const { media } = setUp();
    media.play();
    media.playbackRate = 1.5;
    media.say('ratechange');
    media.error = { code: 3 };
    media.pause();
    media.reset();
    media.say('canplay');
    expect(media).toMatchObject({ paused: false, playbackRate: 1.5, plays: 2 });
  });

  it('leaves what the viewer paused paused', () => {
    const { media } = setUp();
    media.play();
    media.pause();
    media.reset();
    media.say('canplay');
    expect(media.plays).toBe(1);
  });

  it('hears the viewer who asks for playback while the element is being reset', () => {
    const { media } = setUp();
    media.reset();
    media.play();
    media.paused = true;
    media.say('canplay');
    expect(media.plays).toBe(2);
  });

  it('takes the first load for no reset: what was set before stays', () => {
    const media = new FakeMedia();
    keepPlaying(media as unknown as HTMLMediaElement);
    media.reset();
    media.playbackRate = 2;
    media.say('ratechange');
    media.say('canplay');
    expect(media).toMatchObject({ playbackRate: 2, plays: 0 });
    media.play();
    media.error = { code: 3 };
    media.reset();
    media.say('canplay');
    expect(media).toMatchObject({ playbackRate: 2, plays: 2 });
  });

  it('remembers a play() that attaching makes the element forget, which no event tells of', () => {
    const media = new FakeMedia();
    const kept = keepPlaying(media as unknown as HTMLMediaElement);
    media.paused = false;
    kept.attaching();
    media.reset();
    expect(media).toMatchObject({ paused: false, plays: 1 });
    media.say('canplay');
    expect(media.plays).toBe(1);
  });

  it('attaches a paused element paused, and forgets the wish of one that was paused since', () => {
    const paused = new FakeMedia();
    keepPlaying(paused as unknown as HTMLMediaElement).attaching();
    paused.reset();
    paused.say('canplay');
    expect(paused.plays).toBe(0);
    // An element that had no source is not reset: the wish is still there, until the viewer pauses.
    const media = new FakeMedia();
    const kept = keepPlaying(media as unknown as HTMLMediaElement);
    media.paused = false;
    kept.attaching();
    media.pause();
    media.reset();
    media.say('canplay');
    expect(media.plays).toBe(0);
  });

  it('does nothing where nothing was reset, and nothing after it was stopped', () => {
    const { media, stop } = setUp();
    media.play();
    media.pause();
    media.say('canplay');
    expect(media.plays).toBe(1);
    media.play();
    stop();
    media.reset();
    media.say('canplay');
    expect(media.plays).toBe(2);
  });
});
