import { expect, it } from 'vitest';
import { errorFact } from './error-fact.ts';
import { PlayerError } from './player-error.ts';

it('an error fact says what its error says, without the secrets of its URL', () => {
  const cause = new Error('refused');
  const error = new PlayerError('SEGMENT_LOAD_FAILED', 'segment could not be loaded', {
    url: 'https://cdn.example/1.m4s?token=abc',
    status: 403,
    retryAfter: 2,
    fatal: true,
    cause,
  });
  expect(errorFact(error)).toEqual({
    type: 'error',
    category: 'network',
    code: 'SEGMENT_LOAD_FAILED',
    message: 'segment could not be loaded',
    fatal: true,
    url: 'https://cdn.example/1.m4s?token=…',
    status: 403,
  });
});

it('what an error does not know is null in its fact', () => {
  expect(errorFact(new PlayerError('AUTOPLAY_BLOCKED', 'a gesture first'))).toMatchObject({ url: null, status: null });
});
