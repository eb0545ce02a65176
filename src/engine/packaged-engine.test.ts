import { expect, it } from 'vitest';
import type { EngineFactory } from './engine.ts';
import { packagedEngine } from './packaged-engine.ts';

it('an engine whose package is there is that engine', async () => {
  const factory = (() => ({})) as unknown as EngineFactory;
  expect(await packagedEngine('hls.js', async () => factory)).toBe(factory);
});

it('a package that is missing is named, with what to do and the cause', async () => {
  const cause = new TypeError('Failed to resolve module specifier "hls.js"');
  await expect(packagedEngine('hls.js', () => Promise.reject(cause))).rejects.toMatchObject({
    code: 'ENGINE_UNAVAILABLE',
    fatal: true,
    message: 'hls.js could not be loaded: install the package "hls.js", or name another engine',
    cause,
  });
});
