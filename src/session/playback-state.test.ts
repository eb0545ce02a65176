import { describe, expect, it } from 'vitest';
import type { Fact, PlaybackEvent } from '../media/playback-event.ts';
import { INITIAL_STATE, type PlaybackState, STATE_TOKENS, type StateMachine, transition } from './playback-state.ts';

const fatal: Fact = {
  type: 'error',
  category: 'media',
  code: 'MEDIA_DECODE_FAILED',
  message: '',
  fatal: true,
  url: null,
  status: null,
};
const vod: Fact = {
  type: 'manifest',
  presentation: 'vod',
  duration: 60,
  ladder: [],
  segmentDuration: 4,
  targetLatency: null,
  audioTracks: [],
  textTracks: [],
};
const request: Fact = { type: 'playbackRequest' };
type Word = 'play' | 'pause' | 'playing' | 'waiting' | 'seeking' | 'seeked' | 'ended';
const at = (type: Word, position = 1): Fact => ({ type, position });
const sample = (position: number): Fact => ({
  type: 'sample',
  position,
  bufferLevel: 0,
  droppedFrames: 0,
  totalFrames: 0,
  latency: null,
});

/** The state after each fact. */
function states(facts: readonly Fact[], from: StateMachine = INITIAL_STATE): PlaybackState[] {
  let machine = from;
  return facts.map((fact) => {
    machine = transition(machine, { ...fact, at: 0 } as PlaybackEvent);
    return machine.state;
  });
}

function after(...facts: Fact[]): StateMachine {
  let machine: StateMachine = INITIAL_STATE;
  for (const fact of facts) machine = transition(machine, { ...fact, at: 0 } as PlaybackEvent);
  return machine;
}

const playing = after(vod, request, at('play', 0), at('playing', 0));

/** Orders below marked (Chromium) were recorded from a `<video>` fed by Media Source Extensions. */
describe('start', () => {
  it('waits for data before the first frame: that is starting, not a stall (Chromium)', () => {
    expect(states([request, at('play', 0), at('waiting', 0), at('playing', 0)])).toEqual([
      'starting',
      'starting',
      'starting',
      'playing',
    ]);
  });

  it('plays at once when there is data: autoplay (Chromium)', () => {
    expect(states([at('play', 0), at('playing', 0)])).toEqual(['starting', 'playing']);
  });

  it('is preloading until somebody asks', () => {
    expect(states([vod, at('seeking', 5), at('seeked', 5), sample(5)])).toEqual(Array(4).fill('preloading'));
  });

  it('a seek before the first frame is part of the start', () => {
    expect(states([request, at('seeking', 9), at('waiting', 9), at('seeked', 9), at('playing', 9)])).toEqual([
      'starting',
      'starting',
      'starting',
      'starting',
      'playing',
    ]);
  });

  it('a pause before the first frame goes back to preloading', () => {
    expect(states([request, at('pause', 0), request, at('play', 0), at('playing', 0)])).toEqual([
      'starting',
      'preloading',
      'starting',
      'starting',
      'playing',
    ]);
  });

  it('a request for playback after the start changes nothing', () => {
    expect(transition(playing, { ...request, at: 1 } as PlaybackEvent)).toBe(playing);
  });
});

describe('stalls', () => {
  it('waiting while playing is one, until playing (Chromium)', () => {
    expect(states([at('waiting', 3.967), at('playing', 3.968)], playing)).toEqual(['rebuffering', 'playing']);
  });

  it('a pause ends it; play without data is another, told by waiting (Chromium)', () => {
    expect(
      states([at('waiting', 4), at('pause', 4), at('play', 4), at('waiting', 4), at('playing', 4)], playing),
    ).toEqual(['rebuffering', 'paused', 'paused', 'rebuffering', 'playing']);
  });

  it('a seek out of it ends it (Chromium)', () => {
    expect(
      states([at('waiting', 4), at('seeking', 1), at('waiting', 1), at('seeked', 1), at('playing', 1)], playing),
    ).toEqual(['rebuffering', 'seeking', 'seeking', 'seeking', 'playing']);
  });

  it('goes on when the engine nudges the playhead: no seek of the viewer', () => {
    expect(
      states(
        [at('waiting', 4), at('seeking', 4.1), at('waiting', 4.1), at('seeked', 4.1), at('playing', 4.1)],
        playing,
      ),
    ).toEqual(['rebuffering', 'rebuffering', 'rebuffering', 'rebuffering', 'playing']);
    expect(states([at('waiting', 4), at('seeking', 4.1), at('seeking', 4.3), at('seeking', 30)], playing)).toEqual([
      'rebuffering',
      'rebuffering',
      'rebuffering',
      'seeking',
    ]);
    expect(states([at('waiting', 4), at('seeking', 3.9)], playing)).toEqual(['rebuffering', 'seeking']);
  });

  it('waiting at the end of the media is not one: there is nothing to wait for (Chromium, late end of stream)', () => {
    expect(states([at('waiting', 59.967), at('playing', 60), at('pause', 60), at('ended', 60)], playing)).toEqual([
      'playing',
      'playing',
      'paused',
      'ended',
    ]);
    expect(states([at('waiting', 59.8)], playing)).toEqual(['rebuffering']);
  });

  it('without a known end any waiting is one', () => {
    expect(states([at('waiting', 60)], after(request, at('playing', 0)))).toEqual(['rebuffering']);
  });

  it('waiting while paused is not one', () => {
    expect(states([at('pause', 5), at('waiting', 5)], playing)).toEqual(['paused', 'paused']);
  });

  it('media that moves on is playing even if the browser does not say so', () => {
    expect(states([at('waiting', 4), sample(4), sample(4.2), sample(4.3)], playing)).toEqual([
      'rebuffering',
      'rebuffering',
      'rebuffering',
      'playing',
    ]);
  });
});

describe('seeks', () => {
  it('while playing: until playing again (Chromium: seeking, waiting, seeked, playing)', () => {
    expect(states([at('seeking', 9), at('waiting', 9), at('seeked', 9), at('playing', 9)], playing)).toEqual([
      'seeking',
      'seeking',
      'seeking',
      'playing',
    ]);
  });

  it('waiting told before seeking is a stall that the seek ends', () => {
    expect(states([at('waiting', 9), at('seeking', 9), at('seeked', 9), at('playing', 9)], playing)).toEqual([
      'rebuffering',
      'seeking',
      'seeking',
      'playing',
    ]);
  });

  it('while paused: until sought, paused again (Chromium)', () => {
    expect(states([at('pause', 5), at('seeking', 3), at('seeked', 3)], playing)).toEqual([
      'paused',
      'seeking',
      'paused',
    ]);
  });

  it('paused, then play before the data is there (Chromium)', () => {
    expect(
      states(
        [at('pause', 1), at('seeking', 4), at('play', 4), at('waiting', 4), at('seeked', 4), at('playing', 4)],
        playing,
      ),
    ).toEqual(['paused', 'seeking', 'seeking', 'seeking', 'seeking', 'playing']);
  });

  it('paused while under way (Chromium)', () => {
    expect(
      states([at('seeking', 4), at('pause', 4), at('seeked', 4), at('play', 4), at('playing', 4)], playing),
    ).toEqual(['seeking', 'seeking', 'paused', 'paused', 'playing']);
  });

  it('one that overtakes another is the same (Chromium: seeking, seeking, seeked, playing)', () => {
    expect(
      states([at('seeking', 3), at('waiting', 3), at('seeking', 3), at('seeked', 3), at('playing', 3)], playing),
    ).toEqual(['seeking', 'seeking', 'seeking', 'seeking', 'playing']);
  });

  it('ends when media moves although the browser does not say playing', () => {
    expect(states([at('seeking', 9), sample(50), at('seeked', 9), sample(9.1), sample(9.5)], playing)).toEqual([
      'seeking',
      'seeking',
      'seeking',
      'seeking',
      'playing',
    ]);
  });
});

describe('the end', () => {
  it('comes after a pause (Chromium)', () => {
    expect(states([at('pause', 60), at('ended', 60)], playing)).toEqual(['paused', 'ended']);
  });

  it('a pause told after it does not undo it', () => {
    expect(states([at('ended', 60), at('pause', 60)], playing)).toEqual(['ended', 'ended']);
  });

  it('a seek back, paused (Chromium)', () => {
    expect(states([at('ended', 60), at('seeking', 1), at('seeked', 1)], playing)).toEqual([
      'ended',
      'seeking',
      'paused',
    ]);
  });

  it('play again from the beginning (Chromium: seeking, play, waiting, seeked, playing)', () => {
    expect(
      states(
        [at('ended', 60), at('seeking', 0), at('play', 0), at('waiting', 0), at('seeked', 0), at('playing', 0)],
        playing,
      ),
    ).toEqual(['ended', 'seeking', 'seeking', 'seeking', 'seeking', 'playing']);
  });

  it('of the session: quit while playing, ended if the media had ended, failed by its reason', () => {
    expect(states([{ type: 'sessionEnd', reason: 'quit' }], playing)).toEqual(['quit']);
    expect(states([at('ended', 60), { type: 'sessionEnd', reason: 'ended' }], playing)).toEqual(['ended', 'ended']);
    expect(states([{ type: 'sessionEnd', reason: 'failed' }], playing)).toEqual(['failed']);
  });
});

describe('trouble', () => {
  it('that is fatal is final', () => {
    expect(states([fatal, at('playing', 1), { type: 'sessionEnd', reason: 'quit' }], playing)).toEqual([
      'failed',
      'failed',
      'failed',
    ]);
  });

  it('that is not fatal changes nothing', () => {
    expect(transition(playing, { ...fatal, fatal: false, at: 1 } as PlaybackEvent)).toBe(playing);
  });

  it('nothing follows quit', () => {
    expect(states([{ type: 'sessionEnd', reason: 'quit' }, at('playing', 1)], playing)).toEqual(['quit', 'quit']);
  });
});

it('has a CMCD token of one letter for each state, all different (CTA-5004-B, sta)', () => {
  expect(Object.values(STATE_TOKENS).sort().join('')).toBe('adefkpqrs');
});
