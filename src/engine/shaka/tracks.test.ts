import type shaka from 'shaka-player/dist/shaka-player.compiled-es2021.js';
import { describe, expect, it } from 'vitest';
import { audioTrackId, audioTracks, textTracks } from './tracks.ts';

const sound = (parts: Partial<shaka.extern.Track>): shaka.extern.Track =>
  ({
    audioId: 1,
    language: 'en',
    originalLanguage: 'en',
    label: 'English',
    audioRoles: [],
    channelsCount: 2,
    ...parts,
  }) as shaka.extern.Track;

describe('audioTracks', () => {
  it('lists each sound once, whatever its bitrates and rungs', () => {
    const tracks = audioTracks([
      sound({ id: 1, audioBandwidth: 64_000 }),
      sound({ id: 2, audioBandwidth: 128_000 }),
      sound({ id: 3, language: 'fr', originalLanguage: 'fr', label: 'Français' }),
      sound({ id: 4, channelsCount: 6 }),
    ]);
    expect(tracks.map(({ label, language }) => `${label} ${language}`)).toEqual([
      'English en',
      'Français fr',
      'English en',
    ]);
    expect(new Set(tracks.map(({ id }) => id)).size).toBe(3);
  });

  it('leaves sound inside the picture out: it is no choice', () => {
    expect(audioTracks([sound({ audioId: null })])).toEqual([]);
  });

  it('takes the language as the manifest has it, and says when there is none', () => {
    const [regional] = audioTracks([sound({ language: 'pt', originalLanguage: 'pt-BR', label: null })]);
    expect(regional).toMatchObject({ language: 'pt-BR', label: 'pt-BR' });
    const [unknown] = audioTracks([sound({ language: 'und', originalLanguage: null, label: null })]);
    expect(unknown).toMatchObject({ language: null, label: 'unnamed' });
  });

  it("has the same id for shaka's AudioTrack", () => {
    const roles = ['main'];
    const [listed] = audioTracks([sound({ audioRoles: roles })]);
    expect(audioTrackId({ language: 'en', originalLanguage: 'en', label: 'English', roles, channelsCount: 2 })).toBe(
      listed?.id,
    );
  });
});

describe('textTracks', () => {
  const text = (parts: object): shaka.extern.TextTrack =>
    ({
      id: 7,
      language: 'en',
      originalLanguage: 'en',
      label: 'English',
      kind: 'subtitle',
      ...parts,
    }) as shaka.extern.TextTrack;

  it('tells subtitles from captions in the words of HLS and of shaka', () => {
    expect(textTracks([text({}), text({ id: 8, kind: 'caption' }), text({ id: 9, kind: null })])).toEqual([
      { id: '7', label: 'English', language: 'en', kind: 'subtitles' },
      { id: '8', label: 'English', language: 'en', kind: 'captions' },
      { id: '9', label: 'English', language: 'en', kind: 'subtitles' },
    ]);
  });
});
