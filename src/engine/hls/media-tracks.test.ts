import { describe, expect, it } from 'vitest';
import { audioTracksOf, textTracksOf, trackId } from './media-tracks.ts';

describe('tracks', () => {
  it('are each listed once, whatever groups they are in', () => {
    const tracks = [
      { name: 'English', lang: 'en', groupId: 'stereo' },
      { name: 'Français', lang: 'fr', groupId: 'stereo' },
      { name: 'English', lang: 'en', groupId: 'surround' },
    ];
    expect(audioTracksOf(tracks)).toEqual([
      { id: 'en:English', label: 'English', language: 'en' },
      { id: 'fr:Français', label: 'Français', language: 'fr' },
    ]);
  });

  it('keep two names of one language apart, and do without a language', () => {
    const names = ['English', 'Commentary'].map((name) => trackId({ name, lang: 'en' }));
    expect(new Set(names).size).toBe(2);
    expect(audioTracksOf([{ name: 'main' } as Parameters<typeof trackId>[0]])).toEqual([
      { id: 'main', label: 'main', language: null },
    ]);
  });

  it('are captions when they transcribe what is heard', () => {
    const characteristics =
      'public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound';
    const kinds = textTracksOf([
      { name: 'English', lang: 'en', characteristics },
      { name: 'Deutsch', lang: 'de' } as Parameters<typeof textTracksOf>[0][number],
    ]).map(({ kind }) => kind);
    expect(kinds).toEqual(['captions', 'subtitles']);
  });
});
