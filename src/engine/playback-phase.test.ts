import { describe, expect, it } from 'vitest';
import { FakeMedia } from './fake-media.ts';
import { playbackPhase } from './playback-phase.ts';

describe('playbackPhase', () => {
  it('is startup until playback first runs, a seek before that included', () => {
    const media = new FakeMedia();
    const phase = playbackPhase(media.element, () => 0);
    media.say('seeking');
    expect(phase.phase).toBe('startup');
    media.say('playing');
    expect(phase.phase).toBe('steady');
  });

  it('is seek from a seek out of the buffer until some seconds are buffered again', () => {
    const media = new FakeMedia();
    let level = 20;
    const phase = playbackPhase(media.element, () => level);
    media.say('playing');
    media.say('seeking');
    expect(phase.phase).toBe('steady');
    level = 0;
    media.say('seeking');
    level = 3.9;
    expect(phase.phase).toBe('seek');
    level = 4;
    expect(phase.phase).toBe('steady');
    level = 1;
    expect(phase.phase).toBe('steady');
  });

  it('hears nothing after stop()', () => {
    const media = new FakeMedia();
    const phase = playbackPhase(media.element, () => 0);
    phase.stop();
    media.say('playing');
    expect(phase.phase).toBe('startup');
  });
});
