import { describe, expect, it } from 'vitest';
import { FakeMedia } from './fake-media.ts';
import { shownRendition } from './shown-rendition.ts';

function setUp() {
  const media = new FakeMedia();
  const changes: (readonly [number, number])[] = [];
  const shown = shownRendition(media.element, (rendition, position) => changes.push([rendition, position]));
  return { media, changes, shown };
}

describe('shownRendition', () => {
  it('tells a change when the position crosses into the next stretch, with the boundary as its position', () => {
    const { media, changes, shown } = setUp();
    shown.appended(0, 4, 0);
    shown.appended(4, 8, 7);
    media.say('playing');
    media.say('timeupdate', { currentTime: 3.9 });
    media.say('timeupdate', { currentTime: 4.15 });
    media.say('timeupdate', { currentTime: 4.4 });
    expect(changes).toEqual([
      [0, 0],
      [7, 4],
    ]);
  });

  it('tells the position itself after a seek into the middle of a stretch', () => {
    const { media, changes, shown } = setUp();
    shown.appended(0, 4, 0);
    shown.appended(40, 48, 2);
    media.say('playing');
    media.say('seeking', { currentTime: 45, seeking: true });
    media.say('timeupdate');
    expect(changes).toEqual([[0, 0]]);
    media.say('seeked', { seeking: false });
    expect(changes.at(-1)).toEqual([2, 45]);
  });

  it('takes what was appended later for what is on screen', () => {
    const { media, changes, shown } = setUp();
    shown.appended(0, 12, 0);
    shown.appended(4, 8, 5);
    expect([shown.at(3), shown.at(6), shown.at(9)]).toEqual([0, 5, 0]);
    media.say('timeupdate', { currentTime: 6 });
    expect(changes).toEqual([[5, 6]]);
  });

  it('forgets what was flushed, and sees what of another rendition begins after the position', () => {
    const { shown } = setUp();
    shown.appended(0, 4, 1);
    shown.appended(4, 8, 1);
    shown.appended(8, 12, 9);
    expect([shown.othersAfter(5, 1), shown.othersAfter(9, 1)]).toEqual([true, false]);
    shown.flushed(7, Number.POSITIVE_INFINITY);
    expect([shown.at(6), shown.at(7.5), shown.at(9)]).toEqual([1, null, null]);
    expect(shown.othersAfter(5, 1)).toBe(false);
  });

  it('says nothing before there is a picture, and nothing after stop()', () => {
    const { media, changes, shown } = setUp();
    shown.appended(0, 4, 0);
    media.say('timeupdate', { readyState: 1 });
    expect(changes).toEqual([]);
    shown.stop();
    media.say('playing', { readyState: 4 });
    expect(changes).toEqual([]);
  });
});
