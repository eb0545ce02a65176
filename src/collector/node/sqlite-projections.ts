import type { Projection } from '../event-store.ts';
import { EXPERIMENT_TAG, METRICS, type MetricName } from '../experiment-metrics.ts';
import { type Contribution, type SessionSummary, SUMS } from '../session-projection.ts';
import { packCounts, unpackCounts } from './packed-counts.ts';
import type { Sqlite, SqliteRow, SqliteValue } from './sqlite-driver.ts';
import { ANY, GRAINS, METRIC_COLUMNS } from './sqlite-schema.ts';

const DAY = 86_400_000;
/** Combinations of strategy, engine, host and rendition told apart; what comes later is counted as other. A sender can invent any number. */
const MOST_DIMS = 5000;
const OTHER = '(other)';

type Dims = Pick<Contribution, 'strategy' | 'engine' | 'host' | 'rendition'>;

/** The keeping of what is derived, within a transaction that somebody else opens and closes. */
export interface SqliteProjections {
  keep(projections: readonly Projection[]): void;
  /** Takes out everything derived from a session. */
  remove(session: number): void;
  /** After a transaction that was rolled back, or when all is thrown away. */
  forget(): void;
}

/** A row of a table by its key, as whole numbers that add up. */
type Amounts = Map<string, Amount>;
interface Amount {
  readonly key: readonly SqliteValue[];
  readonly values: number[];
}

function add(amounts: Amounts, key: readonly SqliteValue[], values: readonly number[], sign: 1 | -1): void {
  const name = key.join(' ');
  const entry = amounts.get(name);
  if (!entry) {
    amounts.set(name, { key, values: values.map((value) => sign * value) });
    return;
  }
  for (const [index, value] of values.entries()) entry.values[index] = (entry.values[index] ?? 0) + sign * value;
}

const isNothing = (values: readonly number[]): boolean => values.every((value) => value === 0);

const numbers = (row: SqliteRow, names: readonly string[]): number[] => names.map((name) => Number(row[name]));

/** SQL that writes a row, or what `combine` says of each of its values where the key is there already. */
const upsert = (
  table: string,
  keys: readonly string[],
  values: readonly string[],
  combine: (name: string) => string = (name) => `excluded.${name}`,
): string =>
  `INSERT INTO ${table} VALUES (${[...keys, ...values].map(() => '?').join(', ')}) ON CONFLICT DO UPDATE SET ${values.map((name) => `${name} = ${combine(name)}`).join(', ')}`;

const where = (names: readonly string[]): string => names.map((name) => `${name} = ?`).join(' AND ');

/**
 * What sessions add, a row for each. Returns what puts what a session adds in the place of what it added before, and notes the
 * difference in `deltas`.
 */
function partsTable(db: Sqlite, table: string, keys: readonly string[], values: readonly string[]) {
  const key = ['session', ...keys];
  const read = db.prepare(`SELECT * FROM ${table} WHERE session = ?`);
  const set = db.prepare(upsert(table, key, values));
  const drop = db.prepare(`DELETE FROM ${table} WHERE ${where(key)}`);
  return (session: number, now: Amounts, deltas: Amounts): void => {
    const change: Amounts = new Map();
    for (const { key, values: own } of now.values()) add(change, key, own, 1);
    for (const row of read.all(session)) {
      const key = keys.map((name) => row[name] ?? null);
      add(change, key, numbers(row, values), -1);
      if (!now.has(key.join(' '))) drop.run(session, ...key);
    }
    for (const [name, { key, values: delta }] of change) {
      if (isNothing(delta)) continue;
      const own = now.get(name);
      if (own) set.run(session, ...key, ...own.values);
      add(deltas, key, delta, 1);
    }
  };
}

/**
 * Differences for every grain, fine and broad, from those of minutes; a key begins with a time and dimensions.
 *
 * @param broadOf the dimensions without host and rendition
 */
function byGrain(deltas: Amounts, broadOf: (dims: number) => number): Iterable<Amount> {
  const all: Amounts = new Map();
  for (const { key, values: delta } of deltas.values()) {
    const [time, dims, ...rest] = key;
    const broad = broadOf(Number(dims));
    for (const grain of GRAINS) {
      const start = Math.floor(Number(time) / grain) * grain;
      add(all, [grain, start, dims ?? null, ...rest], delta, 1);
      add(all, [-grain, start, broad, ...rest], delta, 1);
    }
  }
  return all.values();
}

/** The sums of what sessions add. Rows that come to nothing are removed. */
function sumsTable(db: Sqlite) {
  const key = ['grain', 'time', 'dims'];
  const addTo = db.prepare(upsert('rollups', key, SUMS, (name) => `${name} + excluded.${name}`));
  const dropEmpty = db.prepare(
    `DELETE FROM rollups WHERE ${where(key)} AND ${SUMS.map((name) => `${name} = 0`).join(' AND ')}`,
  );
  return (deltas: Amounts, broadOf: (dims: number) => number): void => {
    for (const { key, values: delta } of byGrain(deltas, broadOf)) {
      if (isNothing(delta)) continue;
      addTo.run(...key, ...delta);
      if (delta.some((value) => value < 0)) dropEmpty.run(...key);
    }
  };
}

/** The distributions that the counts of sessions add up to. Rows that come to nothing are removed. */
function countsTable(db: Sqlite) {
  const key = ['grain', 'time', 'dims', 'measure'];
  const read = db.prepare(`SELECT counts FROM rollup_counts WHERE ${where(key)}`);
  const set = db.prepare(upsert('rollup_counts', key, ['counts']));
  const drop = db.prepare(`DELETE FROM rollup_counts WHERE ${where(key)}`);
  return (deltas: Amounts, broadOf: (dims: number) => number): void => {
    const changes = new Map<string, { key: readonly SqliteValue[]; buckets: [bucket: number, delta: number][] }>();
    for (const { key, values } of byGrain(deltas, broadOf)) {
      if (isNothing(values)) continue;
      const row = key.slice(0, 4);
      const name = row.join(' ');
      const change = changes.get(name) ?? { key: row, buckets: [] };
      change.buckets.push([Number(key[4]), values[0] ?? 0]);
      changes.set(name, change);
    }
    for (const { key, buckets } of changes.values()) {
      const counts = unpackCounts(String(read.all(...key)[0]?.counts ?? '[]'));
      for (const [bucket, delta] of buckets) counts.set(bucket, (counts.get(bucket) ?? 0) + delta);
      const packed = packCounts(counts);
      if (packed === '[]') drop.run(...key);
      else set.run(...key, packed);
    }
  };
}

/** Prepares the keeping of what is derived. */
export function sqliteProjections(db: Sqlite): SqliteProjections {
  const setSums = partsTable(db, 'cells', ['time', 'dims'], SUMS);
  const setCounts = partsTable(db, 'cell_counts', ['time', 'dims', 'measure', 'bucket'], ['count']);
  const addSums = sumsTable(db);
  const addCounts = countsTable(db);
  const findSession = db.prepare('SELECT id FROM sessions WHERE sid = ?');
  const findBroad = db.prepare('SELECT broad FROM dims WHERE id = ?');
  const findDims = db.prepare('SELECT id FROM dims WHERE strategy = ? AND engine = ? AND host = ? AND rendition = ?');
  const countDims = db.prepare('SELECT count(*) AS n FROM dims');
  const addDims = db.prepare('INSERT INTO dims (strategy, engine, host, rendition, broad) VALUES (?, ?, ?, ?, ?)');
  const setSummary = db.prepare('INSERT OR REPLACE INTO summaries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const dropSummary = db.prepare('DELETE FROM summaries WHERE session = ?');
  const setExposure = db.prepare(
    `INSERT OR REPLACE INTO exposures VALUES (?, ?, ?, ?, ${METRIC_COLUMNS.map(() => '?').join(', ')})`,
  );
  const dropExposures = db.prepare('DELETE FROM exposures WHERE session = ?');
  const dropChanges = db.prepare('DELETE FROM changes WHERE session = ? AND id <= ?');
  const addChange = db.prepare('INSERT INTO changes (session, low) VALUES (?, ?)');
  const known = new Map<string, number>();
  const broads = new Map<number, number>();

  const look = ({ strategy, engine, host, rendition }: Dims): number | null => {
    const id = findDims.all(strategy, engine, host, rendition)[0]?.id;
    return typeof id === 'number' ? id : null;
  };

  const dimsOf = (dims: Dims): number => {
    const { strategy, engine, host, rendition } = dims;
    const name = JSON.stringify([strategy, engine, host, rendition]);
    const cached = known.get(name) ?? look(dims);
    if (cached === null) {
      const full = Number(countDims.all()[0]?.n) >= MOST_DIMS;
      const other = { strategy: OTHER, engine: OTHER, host: OTHER, rendition: OTHER };
      if (full && strategy !== OTHER) return dimsOf(other);
      const isBroad = host === ANY && rendition === ANY;
      addDims.run(strategy, engine, host, rendition, isBroad ? 0 : dimsOf({ ...dims, host: ANY, rendition: ANY }));
    }
    const id = cached ?? look(dims) ?? 0;
    if (known.size > 2 * MOST_DIMS) known.clear();
    known.set(name, id);
    return id;
  };

  const broadOf = (dims: number): number => {
    const id = broads.get(dims) ?? Number(findBroad.all(dims)[0]?.broad ?? 0);
    broads.set(dims, id);
    return id;
  };

  const keepSummary = (session: number, summary: SessionSummary): void => {
    const { sid, startedAt, lastAt, strategy, engine, host, rendition, normalised } = summary;
    const day = Math.floor(startedAt / DAY);
    const live = summary.ended === null ? 1 : 0;
    const body = JSON.stringify(summary);
    setSummary.run(session, sid, startedAt, day, lastAt, live, strategy, engine, host, rendition, normalised, body);
    dropExposures.run(session);
    for (const [tag, variant] of Object.entries(summary.tags)) {
      if (!tag.startsWith(EXPERIMENT_TAG)) continue;
      const metrics = METRIC_COLUMNS.map((name: MetricName) => METRICS[name](summary));
      setExposure.run(session, tag.slice(EXPERIMENT_TAG.length), variant, startedAt, ...metrics);
    }
  };

  const amountsOf = (contributions: readonly Contribution[]): { cells: Amounts; cellCounts: Amounts } => {
    const cells: Amounts = new Map();
    const cellCounts: Amounts = new Map();
    for (const cell of contributions) {
      const dims = dimsOf(cell);
      const own = SUMS.map((name) => cell.sums[name]);
      if (!isNothing(own)) add(cells, [cell.time, dims], own, 1);
      for (const { measure, bucket, count } of cell.counts)
        add(cellCounts, [cell.time, dims, measure, bucket], [count], 1);
    }
    return { cells, cellCounts };
  };

  return {
    keep(projections) {
      const sumDeltas: Amounts = new Map();
      const countDeltas: Amounts = new Map();
      for (const { summary, contributions, mark, resume } of projections) {
        const session = Number(findSession.all(summary.sid)[0]?.id ?? 0);
        if (session === 0) continue;
        keepSummary(session, summary);
        const { cells, cellCounts } = amountsOf(contributions);
        setSums(session, cells, sumDeltas);
        setCounts(session, cellCounts, countDeltas);
        dropChanges.run(session, mark);
        if (resume !== null) addChange.run(session, resume);
      }
      addSums(sumDeltas, broadOf);
      addCounts(countDeltas, broadOf);
    },
    remove(session) {
      const sumDeltas: Amounts = new Map();
      const countDeltas: Amounts = new Map();
      setSums(session, new Map(), sumDeltas);
      setCounts(session, new Map(), countDeltas);
      addSums(sumDeltas, broadOf);
      addCounts(countDeltas, broadOf);
      dropSummary.run(session);
      dropExposures.run(session);
      dropChanges.run(session, Number.MAX_SAFE_INTEGER);
    },
    forget() {
      known.clear();
      broads.clear();
    },
  };
}
