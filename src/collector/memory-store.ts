import type { BeaconLine } from '../telemetry/beacon-format.ts';
import type {
  CountRow,
  Dimension,
  EventStore,
  Filter,
  Projection,
  RollupRow,
  StoredFact,
  VariantSums,
  Window,
} from './event-store.ts';
import { EXPERIMENT_TAG, METRICS } from './experiment-metrics.ts';
import { type Contribution, isNothing, type SessionSummary, SUMS, type SumName } from './session-projection.ts';

interface Held {
  readonly sid: string;
  readonly firstReceived: number;
  lastReceived: number;
  readonly facts: Map<number, StoredFact>;
  readonly lost: [number, number][];
  /** Set while the projections are behind. */
  changed: { low: number; mark: number; since: number } | null;
  projection: Projection | null;
}

const within = ({ from, to }: Window, time: number): boolean => time >= from && time < to;

const matches = (filter: Filter, row: Readonly<Record<Dimension, string>>): boolean =>
  Object.entries(filter).every(([name, value]) => row[name as Dimension] === value);

const pick = (by: readonly Dimension[], row: Readonly<Record<Dimension, string>>): Partial<Record<Dimension, string>> =>
  Object.fromEntries(by.map((name) => [name, row[name]]));

const byScore = (a: SessionSummary, b: SessionSummary): number =>
  (a.normalised ?? 0) - (b.normalised ?? 0) || (a.sid < b.sid ? -1 : 1);
const byStart = (a: SessionSummary, b: SessionSummary): number => b.startedAt - a.startedAt || (a.sid < b.sid ? -1 : 1);

const toStored = ({ seq, fact, rate, tags }: BeaconLine): StoredFact => ({
  seq,
  fact,
  ...(rate === undefined ? {} : { rate }),
  ...(tags === undefined ? {} : { tags }),
});

/**
 * A store in memory: for tests, for trying the collector out, and as the plain statement of what a store does. It forgets
 * everything when the process ends, so its acknowledgements promise nothing.
 */
export function memoryStore(): EventStore {
  const sessions = new Map<string, Held>();
  let marks = 0;

  const open = (sid: string, receivedAt: number): Held => {
    const known = sessions.get(sid);
    if (known) return known;
    const fresh: Held = {
      sid,
      firstReceived: receivedAt,
      lastReceived: receivedAt,
      facts: new Map(),
      lost: [],
      changed: null,
      projection: null,
    };
    sessions.set(sid, fresh);
    return fresh;
  };

  const change = (held: Held, low: number, receivedAt: number): void => {
    marks += 1;
    held.lastReceived = Math.max(held.lastReceived, receivedAt);
    held.changed = { low: Math.min(held.changed?.low ?? low, low), mark: marks, since: held.changed?.since ?? marks };
  };

  const summaries = (): SessionSummary[] =>
    [...sessions.values()].flatMap(({ projection }) => projection?.summary ?? []);
  const contributions = (): Contribution[] =>
    [...sessions.values()].flatMap(({ projection }) => projection?.contributions ?? []);

  return {
    name: 'memory',
    pending: 0,
    async append({ receivedAt, facts, losses }) {
      let stored = 0;
      for (const line of facts) {
        const held = open(line.sid, receivedAt);
        if (held.facts.has(line.seq)) continue;
        held.facts.set(line.seq, toStored(line));
        stored += 1;
        change(held, line.seq, receivedAt);
      }
      for (const { sid, lost } of losses) {
        const held = open(sid, receivedAt);
        for (const [first, last] of lost) {
          if (held.lost.some((range) => range[0] === first && range[1] === last)) continue;
          held.lost.push([first, last]);
          change(held, Number.MAX_SAFE_INTEGER, receivedAt);
        }
      }
      return { stored, duplicates: facts.length - stored };
    },
    async changed(limit) {
      return [...sessions.values()]
        .flatMap(({ sid, changed }) => (changed ? [{ sid, ...changed }] : []))
        .sort((a, b) => a.since - b.since)
        .slice(0, limit)
        .map(({ sid, low, mark }) => ({ sid, low, mark }));
    },
    async session(sid, fromSeq = 0, limit = Number.POSITIVE_INFINITY) {
      const held = sessions.get(sid);
      if (!held) return null;
      const facts = [...held.facts.values()].filter(({ seq }) => seq >= fromSeq).sort((a, b) => a.seq - b.seq);
      const { firstReceived, lastReceived, lost } = held;
      return { sid, firstReceived, lastReceived, facts: facts.slice(0, limit), lost: [...lost] };
    },
    async project(projections) {
      for (const projection of projections) {
        const held = sessions.get(projection.summary.sid);
        if (!held) continue;
        held.projection = projection;
        const { changed } = held;
        if (changed && changed.mark <= projection.mark) {
          held.changed = projection.resume === null ? null : { ...changed, low: projection.resume };
        }
      }
    },
    async forgetProjections() {
      for (const held of sessions.values()) {
        held.projection = null;
        change(held, 0, 0);
      }
    },
    async expire(before, limit) {
      const old = [...sessions.values()].filter(({ lastReceived }) => lastReceived < before).slice(0, limit);
      for (const { sid } of old) sessions.delete(sid);
      return old.length;
    },
    async summary(sid) {
      return sessions.get(sid)?.projection?.summary ?? null;
    },
    async sessions({ order, limit, filter, sids, ...window }) {
      return summaries()
        .filter((summary) => within(window, summary.startedAt) && matches(filter, summary))
        .filter(({ sid }) => sids === undefined || sids.includes(sid))
        .filter(({ normalised }) => order === 'newest' || normalised !== null)
        .sort(order === 'worst' ? byScore : byStart)
        .slice(0, limit);
    },
    async live(since, filter) {
      return summaries().filter(
        (summary) => summary.ended === null && summary.lastAt >= since && matches(filter, summary),
      ).length;
    },
    async rollup({ bucket, by, filter, ...window }) {
      const rows = new Map<string, RollupRow & { sums: Record<SumName, number> }>();
      for (const cell of contributions()) {
        if (!within(window, cell.time) || !matches(filter, cell) || isNothing(cell.sums)) continue;
        const time = bucket === null ? {} : { time: Math.floor(cell.time / bucket) * bucket };
        const group = { ...time, ...pick(by, cell) };
        const key = JSON.stringify(group);
        const row = rows.get(key);
        if (row) for (const name of SUMS) row.sums[name] += cell.sums[name];
        else rows.set(key, { ...group, sums: { ...cell.sums } });
      }
      return [...rows.values()].sort((a, b) => (a.time ?? 0) - (b.time ?? 0));
    },
    async counts({ measure, by, filter, ...window }) {
      const rows = new Map<string, CountRow & { count: number }>();
      for (const cell of contributions()) {
        if (!within(window, cell.time) || !matches(filter, cell)) continue;
        for (const entry of cell.counts) {
          if (!entry.measure.startsWith(measure)) continue;
          const group = { ...pick(by, cell), measure: entry.measure, bucket: entry.bucket };
          const key = JSON.stringify(group);
          const row = rows.get(key);
          if (row) row.count += entry.count;
          else rows.set(key, { ...group, count: entry.count });
        }
      }
      return [...rows.values()];
    },
    async experiments(window) {
      const tags = summaries()
        .filter(({ startedAt }) => within(window, startedAt))
        .flatMap(({ tags: own }) => Object.keys(own))
        .filter((name) => name.startsWith(EXPERIMENT_TAG));
      return [...new Set(tags)].map((name) => name.slice(EXPERIMENT_TAG.length)).sort();
    },
    async variants(experiment, window) {
      const variants = new Map<string, VariantSums & { sessions: number }>();
      for (const summary of summaries()) {
        const variant = summary.tags[`${EXPERIMENT_TAG}${experiment}`];
        if (variant === undefined || !within(window, summary.startedAt)) continue;
        const empty = Object.fromEntries(Object.keys(METRICS).map((name) => [name, { n: 0, sum: 0, squares: 0 }]));
        const sums = variants.get(variant) ?? { variant, sessions: 0, metrics: empty };
        sums.sessions += 1;
        for (const [name, measure] of Object.entries(METRICS)) {
          const value = measure(summary);
          const metric = sums.metrics[name] as { n: number; sum: number; squares: number };
          if (value === null) continue;
          metric.n += 1;
          metric.sum += value;
          metric.squares += value * value;
        }
        variants.set(variant, sums);
      }
      return [...variants.values()].sort((a, b) => (a.variant < b.variant ? -1 : 1));
    },
    async size() {
      let facts = 0;
      let changed = 0;
      for (const held of sessions.values()) {
        facts += held.facts.size;
        if (held.changed) changed += 1;
      }
      return { sessions: sessions.size, facts, changed };
    },
    async close() {
      sessions.clear();
    },
  };
}
