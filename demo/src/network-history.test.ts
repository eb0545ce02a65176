import { expect, test } from 'vitest';
import { createNetworkHistory, type Period } from './network-history.ts';

const period = (duration: number, bandwidth: number): Period => ({ duration, bandwidth, latency: 0.03 });
const CLIFF = [period(40, 8e6), period(20, 0.6e6)];

test('conditions are those of the period, and the periods start over', () => {
  const history = createNetworkHistory();
  expect(history.conditionsAt(5)).toBeNull();
  history.set(100, CLIFF);
  expect(history.conditionsAt(99)).toBeNull();
  expect(history.conditionsAt(100)?.bandwidth).toBe(8e6);
  expect(history.conditionsAt(139.9)?.bandwidth).toBe(8e6);
  expect(history.conditionsAt(140)?.bandwidth).toBe(0.6e6);
  expect(history.conditionsAt(160)?.bandwidth).toBe(8e6);
  expect(history.conditionsAt(201)?.bandwidth).toBe(0.6e6);
});

test('changes are listed once each when asked for stretch by stretch', () => {
  const history = createNetworkHistory();
  history.set(100, CLIFF);
  const seen = [
    ...history.changes(99, 120),
    ...history.changes(120, 140),
    ...history.changes(140, 150),
    ...history.changes(150, 205),
  ];
  expect(seen).toEqual([
    { at: 100, bandwidth: 8e6 },
    { at: 140, bandwidth: 0.6e6 },
    { at: 160, bandwidth: 8e6 },
    { at: 200, bandwidth: 0.6e6 },
  ]);
});

test('a later setting ends the one before', () => {
  const history = createNetworkHistory();
  history.set(0, CLIFF);
  history.set(30, [period(3600, 3e6)]);
  expect(history.changes(-1, 100)).toEqual([
    { at: 0, bandwidth: 8e6 },
    { at: 30, bandwidth: 3e6 },
  ]);
  expect(history.conditionsAt(50)?.bandwidth).toBe(3e6);
});

test('periods of fractions of a second lose and double no change over an hour', () => {
  const history = createNetworkHistory();
  history.set(0.1, [period(0.3, 1e6), period(0.7, 2e6)]);
  const changes = history.changes(0, 3600.1);
  expect(changes.length).toBe(7201);
  changes.forEach(({ bandwidth }, index) => {
    expect(bandwidth).toBe(index % 2 === 0 ? 1e6 : 2e6);
  });
});
