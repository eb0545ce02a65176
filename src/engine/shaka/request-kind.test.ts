import { expect, it } from 'vitest';
import { requestKind } from './request-kind.ts';

it.each([
  ['the multivariant playlist', 0, 3, undefined, 'manifest'],
  ['an MPD', 0, 4, undefined, 'manifest'],
  ['a media playlist', 0, 2, undefined, 'playlist'],
  ['an initialization segment', 1, 0, 'video', 'init'],
  ['a picture segment', 1, 1, 'video', 'segment'],
  ['a sound segment', 1, 1, 'audio', 'segment'],
  ['subtitles', 1, 1, 'text', 'subtitle'],
  ['a licence', 2, undefined, undefined, 'licence'],
  ['a server certificate', 5, undefined, undefined, 'licence'],
  ['a key', 6, undefined, undefined, 'key'],
  ['a steering manifest', 8, undefined, undefined, 'other'],
] as const)('%s', (_what, type, advanced, content, kind) => {
  expect(requestKind(type, advanced, content)).toBe(kind);
});
