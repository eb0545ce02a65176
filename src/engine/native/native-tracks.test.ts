import { describe, expect, it } from 'vitest';
import { inLanguage, toAudioTracks, toTextTracks } from './native-tracks.ts';

const track = (parts: object) => ({ id: '', label: '', language: '', kind: 'subtitles', ...parts });

describe('toTextTracks', () => {
  it('lists what is for the viewer and keeps each place as its id', () => {
    const tracks = [
      track({ kind: 'metadata' }),
      track({ label: 'English', language: 'en' }),
      track({ id: 'cc1', kind: 'captions', language: 'es' }),
      track({ kind: 'chapters' }),
    ];
    expect(toTextTracks(tracks)).toEqual([
      { id: '1', label: 'English', language: 'en', kind: 'subtitles' },
      { id: 'cc1', label: 'es', language: 'es', kind: 'captions' },
    ]);
  });
});

describe('toAudioTracks', () => {
  it('has no language where the browser knows none', () => {
    expect(toAudioTracks([track({ language: 'und' }), track({ id: 'b', language: 'fr', label: 'Français' })])).toEqual([
      { id: '0', label: 'unnamed', language: null },
      { id: 'b', label: 'Français', language: 'fr' },
    ]);
  });
});

describe('inLanguage', () => {
  const tracks = ['en-GB', 'pt-BR', 'pt-PT', null].map((language, i) => ({ id: String(i), language }));
  it.each([
    ['the exact one', 'pt-PT', '2'],
    ['a regional one for the language', 'en', '0'],
    ['another region if it must be', 'pt-AO', '1'],
    ['whatever the case', 'PT-pt', '2'],
    ['none', 'de', null],
    ['none when nobody asks', null, null],
  ])('%s', (_what, tag, id) => {
    expect(inLanguage(tracks, tag)?.id ?? null).toBe(id);
  });
});
