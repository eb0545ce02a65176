import { expect, it } from 'vitest';
import type { EngineSettings } from '../engine.ts';
import { shakaConfig } from './shaka-config.ts';

const settings: EngineSettings = {
  bufferTarget: 25,
  backBuffer: 40,
  startPosition: null,
  audioLanguage: null,
  textLanguage: null,
  config: {},
};
const manager = () => ({}) as ReturnType<Parameters<typeof shakaConfig>[1]>;

it('says our settings in shaka’s words, and takes out what the player and the pipeline do', () => {
  expect(shakaConfig(settings, manager)).toMatchObject({
    abrFactory: manager,
    abr: { enabled: true, useNetworkInformation: false, restrictions: { maxHeight: Number.POSITIVE_INFINITY } },
    streaming: {
      bufferingGoal: 25,
      bufferBehind: 40,
      rebufferingGoal: 0,
      retryParameters: { maxAttempts: 1, timeout: 0 },
    },
    manifest: { retryParameters: { maxAttempts: 1, connectionTimeout: 0, stallTimeout: 0 } },
    cmcd: { enabled: false },
    preferredText: [],
  });
});

it('names a language only where one is wished for: shaka knows the presentation’s own default', () => {
  expect(shakaConfig(settings, manager)).not.toHaveProperty('preferredAudio');
  expect(shakaConfig({ ...settings, audioLanguage: 'fr', textLanguage: 'en' }, manager)).toMatchObject({
    preferredAudio: [{ language: 'fr' }],
    preferredText: [{ language: 'en' }],
  });
});
