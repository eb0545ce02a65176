import type shaka from 'shaka-player/dist/shaka-player.compiled-es2021.js';
import { describe, expect, it, vi } from 'vitest';
import { PlayerError } from '../../media/player-error.ts';
import { loadPresentation, mimeTypeOf, unlessAborted } from './load-presentation.ts';
import type { VariantChooser } from './variant-chooser.ts';

it.each([
  ['https://cdn.example/main.m3u8?token=1', 'application/x-mpegurl'],
  ['/MAIN.M3U8#t=3', 'application/x-mpegurl'],
  ['https://cdn.example/a.mpd', 'application/dash+xml'],
  ['https://cdn.example/play/123', undefined],
])('%s is %s', (src, expected) => {
  expect(mimeTypeOf(src)).toBe(expected);
});

describe('loadPresentation', () => {
  const failure = { kind: 'playlist' as const, failure: new PlayerError('HTTP_STATUS', '404', { status: 404 }) };

  function setUp(outcomes: readonly ('ok' | 'fails')[]) {
    const avoided: number[] = [];
    const chooser = {
      get selected() {
        return avoided.length;
      },
      candidates: () => [0, 1, 2, 3, 4],
      avoid: (index: number | null) => void (index !== null && avoided.push(index)),
    } as unknown as VariantChooser;
    const load = vi.fn(async () => {
      if (outcomes[load.mock.calls.length - 1] === 'fails') throw new Error(`attempt ${load.mock.calls.length}`);
    });
    const player = { load } as unknown as shaka.Player;
    const parts = { src: 'https://cdn.example/main.m3u8', startPosition: 5, chooser };
    return { load, avoided, run: (behind = true) => loadPresentation(player, parts, () => (behind ? failure : null)) };
  }

  it('loads, with the position and the type', async () => {
    const { load, run, avoided } = setUp(['ok']);
    await run();
    expect(load).toHaveBeenCalledWith('https://cdn.example/main.m3u8', 5, 'application/x-mpegurl');
    expect(avoided).toEqual([]);
  });

  it('starts from another rung when the first playlist fails, three at most', async () => {
    const first = setUp(['fails', 'ok']);
    await first.run();
    expect(first.avoided).toEqual([0]);
    const second = setUp(['fails', 'fails', 'fails', 'ok']);
    await expect(second.run()).rejects.toThrow('attempt 3');
  });

  it('does not try again when it was no playlist that failed', async () => {
    const { load, run } = setUp(['fails', 'ok']);
    await expect(run(false)).rejects.toThrow('attempt 1');
    expect(load).toHaveBeenCalledTimes(1);
  });
});

describe('unlessAborted', () => {
  it('ends as the work ends', async () => {
    const { signal } = new AbortController();
    await expect(unlessAborted(Promise.resolve(7), signal)).resolves.toBe(7);
    await expect(unlessAborted(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
  });

  it('does not wait for work that nobody wants any more', async () => {
    const giving = new AbortController();
    const never = unlessAborted(new Promise(() => {}), giving.signal);
    giving.abort('the viewer left');
    await expect(never).rejects.toMatchObject({ code: 'ABORTED', cause: 'the viewer left' });
  });
});
