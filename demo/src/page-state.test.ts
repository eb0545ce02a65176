import { expect, test } from 'vitest';
import { readState, writeState } from './page-state.ts';

test('a state read back from its own query is the same', () => {
  const query =
    '?stream=live&engine=shaka&strategy=percentile&network=cliff&cap=1&model=linear&autoplay=1&fixtures=http://127.0.0.1:5198';
  const state = readState(query, false);
  expect(state).toMatchObject({
    presentation: 'live',
    engine: 'shaka',
    strategy: 'percentile',
    network: 'cliff',
    cap: true,
    model: 'linear',
    autoplay: true,
    fixtures: 'http://127.0.0.1:5198',
  });
  expect(readState(writeState(state, query), false)).toEqual(state);
});

test('the network by hand keeps its numbers, and numbers alone mean by hand', () => {
  const state = readState('?kbps=1200&latency=90', true);
  expect(state).toMatchObject({ network: 'manual', kbps: 1200, latencyMs: 90 });
  expect(readState(writeState(state, ''), true)).toEqual(state);
});

test('what is not known or out of reach falls back', () => {
  const state = readState(
    '?engine=flash&model=mos&strategy=&network=carrier-pigeon&kbps=1e9&latency=soon&theme=sepia',
    true,
  );
  expect(state).toMatchObject({
    engine: 'hls',
    model: 'weighted',
    strategy: 'throughput',
    kbps: 20_000,
    latencyMs: 40,
    theme: null,
  });
  expect(state.autoplay).toBe(true);
});

test('parameters of others stay', () => {
  expect(writeState(readState('', false), '?fixtures=x&theme=dark')).toContain('theme=dark');
});
