import type shaka from 'shaka-player/dist/shaka-player.compiled-es2021.js';
import { expect, it, vi } from 'vitest';
import { fakeSchemes } from './fake-shaka.ts';
import { type RequestRoute, routeRequests } from './shaka-page.ts';

vi.mock('shaka-player/dist/shaka-player.compiled-es2021.js', () => import('./fake-shaka.ts'));

type Filter = (type: number, request: object, context?: object) => void;

function playerWith(filters: Filter[]): shaka.Player {
  return {
    getNetworkingEngine: () => ({ registerRequestFilter: (filter: Filter) => filters.push(filter) }),
  } as unknown as shaka.Player;
}

const ask = (request: object): unknown => fakeSchemes.get('https')?.plugin('https://cdn.example/a', request, 1);

it('routes each player’s requests to it, with their context, and leaves others to shaka', () => {
  const filters: Filter[] = [];
  const routes = [vi.fn(() => 'first'), vi.fn(() => 'second')];
  const stops = routes.map((route) => routeRequests(playerWith(filters), route as unknown as RequestRoute));
  const [one, two, stranger] = [{}, {}, {}];
  const context = { type: 1 };
  filters[0]?.(1, one, context);
  filters[1]?.(1, two);
  expect(ask(one)).toBe('first');
  expect(ask(two)).toBe('second');
  expect(ask(stranger)).toBe('fetched https://cdn.example/a');
  expect(routes[0]?.mock.calls[0]).toEqual(expect.arrayContaining([one, context]));
  for (const stop of stops) stop();
});

it('takes the schemes with the first engine and gives them back with the last', () => {
  const stops = [0, 1].map(() => routeRequests(playerWith([]), vi.fn() as unknown as RequestRoute));
  expect([...fakeSchemes.keys()].sort()).toEqual(['http', 'https']);
  expect(fakeSchemes.get('http')?.priority, 'above the plugin of shaka').toBe(3);
  stops[0]?.();
  stops[0]?.();
  expect(fakeSchemes.get('http')?.priority, 'one engine is left').toBe(3);
  stops[1]?.();
  expect(fakeSchemes.get('http')?.priority, 'as shaka has it').toBe(2);
  expect(ask({})).toBe('fetched https://cdn.example/a');
});
