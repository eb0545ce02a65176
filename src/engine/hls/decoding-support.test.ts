import type { Level } from 'hls.js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { checkDecoding, needsCheck } from './decoding-support.ts';
import { fakeHls, fakeLevel } from './fake-hls.ts';

describe('needsCheck', () => {
  it.each([
    ['what everybody decodes', {}, false],
    ['more lines', { width: 2560, height: 1440 }, true],
    ['an upright picture of 1080 lines', { width: 1080, height: 1920 }, false],
    ['more frames', { frameRate: 50 }, true],
    ['more bits', { bitrate: 9_000_000 }, true],
    ['another codec', { videoCodec: 'hvc1.2.4.L123' }, true],
    ['a higher range', { videoRange: 'PQ' }, true],
    ['audio', { videoCodec: undefined }, false],
  ])('%s', (_what, change, needed) => {
    expect(needsCheck(fakeLevel(5_000_000, 1080, change))).toBe(needed);
  });
});

describe('checkDecoding', () => {
  afterEach(() => vi.unstubAllGlobals());

  const ask = async (answer: () => Promise<unknown>): Promise<{ asked: number; level: Level; plain: Level }> => {
    vi.stubGlobal('navigator', { mediaCapabilities: {} });
    const { hls, asHls } = fakeHls();
    const [level, plain] = [fakeLevel(20_000_000, 2160), fakeLevel(1_000_000, 540)];
    let asked = 0;
    Object.assign(hls, {
      getMediaDecodingInfo: () => {
        asked += 1;
        return answer();
      },
    });
    checkDecoding(asHls, [level, plain]);
    checkDecoding(asHls, [level, plain]);
    await level.supportedPromise?.catch(() => {});
    await Promise.resolve();
    return { asked, level, plain };
  };

  it('asks once about the demanding levels and keeps the answer where the chooser looks', async () => {
    const no = { supported: false, configurations: [], decodingInfoResults: [] };
    const { asked, level, plain } = await ask(() => Promise.resolve(no));
    expect(asked).toBe(1);
    expect(level.supportedResult).toBe(no);
    expect(plain.supportedPromise).toBeUndefined();
  });

  it('takes an error for no answer', async () => {
    const failed = {
      supported: false,
      configurations: [],
      decodingInfoResults: [],
      error: new Error('odd configuration'),
    };
    expect((await ask(() => Promise.resolve(failed))).level.supportedResult).toBeUndefined();
    expect((await ask(() => Promise.reject(new Error('no')))).level.supportedResult).toBeUndefined();
  });

  it('does without the API', () => {
    vi.stubGlobal('navigator', {});
    expect(() => checkDecoding(fakeHls().asHls, [fakeLevel(20_000_000, 2160)])).not.toThrow();
  });
});
