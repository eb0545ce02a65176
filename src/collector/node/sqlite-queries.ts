import type {
  CountQuery,
  CountRow,
  Dimension,
  Filter,
  RollupQuery,
  RollupRow,
  SessionQuery,
  VariantSums,
  Window,
} from '../event-store.ts';
import { type SessionSummary, SUMS, type SumName } from '../session-projection.ts';
import { unpackCounts } from './packed-counts.ts';
import type { Sqlite, SqliteRow, SqliteStatement, SqliteValue } from './sqlite-driver.ts';
import { GRAINS, METRIC_COLUMNS } from './sqlite-schema.ts';

const DAY = 86_400_000;
const DIMENSIONS: readonly Dimension[] = ['strategy', 'engine', 'host', 'rendition'];

/** Dimensions that broad sums do not tell apart. */
const FINE: readonly Dimension[] = ['host', 'rendition'];

/** What sums are grouped by and filtered for. */
interface Grouping {
  readonly by: readonly Dimension[];
  readonly filter: Filter;
}

/** The reading of what is derived. */
export interface SqliteQueries {
  summary(sid: string): SessionSummary | null;
  sessions(query: SessionQuery): readonly SessionSummary[];
  live(since: number, filter: Filter): number;
  rollup(query: RollupQuery): readonly RollupRow[];
  counts(query: CountQuery): readonly CountRow[];
  experiments(window: Window): readonly string[];
  variants(experiment: string, window: Window): readonly VariantSums[];
}

interface Condition {
  readonly sql: string;
  readonly values: readonly SqliteValue[];
}

function filterBy(filter: Filter): Condition {
  const entries = DIMENSIONS.flatMap((name) => (filter[name] === undefined ? [] : [[name, filter[name]] as const]));
  return { sql: entries.map(([name]) => ` AND ${name} = ?`).join(''), values: entries.map(([, value]) => value) };
}

type Stretch = readonly [grain: number, from: number, to: number];

/**
 * Where the rows of a window are: days as far as whole ones are in it, then hours, quarters, and minutes at its ends. The sums are
 * those of the minutes alone, in a small part of the rows.
 *
 * @param width ms of a point in time, of which no grain may be longer than a whole part; null for the whole window in one
 */
export function stretches(
  { from, to }: Window,
  width: number | null,
  grains: readonly number[] = GRAINS,
): readonly Stretch[] {
  const [smallest = 1] = grains;
  const grain = grains.findLast((candidate) => width === null || width % candidate === 0) ?? smallest;
  const start = Math.ceil(from / grain) * grain;
  const end = Math.floor(to / grain) * grain;
  const finer = grains.slice(0, grains.indexOf(grain));
  if (finer.length === 0) return [[grain, from, to]];
  if (start >= end) return stretches({ from, to }, width, finer);
  return [
    ...(from < start ? stretches({ from, to: start }, width, finer) : []),
    [grain, start, end],
    ...(end < to ? stretches({ from: end, to }, width, finer) : []),
  ];
}

const summaryOf = (row: SqliteRow): SessionSummary => JSON.parse(String(row.body)) as SessionSummary;

/** Prepares the reading of what is derived. */
export function sqliteQueries(db: Sqlite): SqliteQueries {
  const prepared = new Map<string, SqliteStatement>();
  /** There are few different questions: the values in them are always bound. */
  const ask = (sql: string, values: readonly SqliteValue[]): readonly SqliteRow[] => {
    const statement = prepared.get(sql) ?? db.prepare(sql);
    prepared.set(sql, statement);
    return statement.all(...values);
  };

  /**
   * Rows of a table of sums in a window, all its stretches in one: SQL to select from, and its values. Dimensions stay
   * numbers: names are compared when few rows are left. Broad sums are taken where they tell enough apart.
   */
  const sumsOf = (table: string, columns: string, window: Window, width: number | null, { by, filter }: Grouping) => {
    const sign = FINE.some((name) => by.includes(name) || filter[name] !== undefined) ? 1 : -1;
    const { sql, values } = filterBy(filter);
    const among = sql === '' ? '' : ` AND dims IN (SELECT id FROM dims WHERE 1${sql})`;
    const part = `SELECT ${columns} FROM ${table} WHERE grain = ? AND time >= ? AND time < ?${among}`;
    const parts = stretches(window, width);
    return {
      from: parts.map(() => part).join(' UNION ALL '),
      values: parts.flatMap(([grain, from, to]) => [sign * grain, from, to, ...values]),
    };
  };

  /** Names of the dimensions asked for, by the number that a row has. */
  const namesBy = (
    by: readonly Dimension[],
  ): ((dims: SqliteValue | undefined) => Partial<Record<Dimension, string>>) => {
    if (by.length === 0) return () => ({});
    const rows = new Map(ask('SELECT * FROM dims', []).map((row) => [row.id, row]));
    return (dims) => Object.fromEntries(by.map((name) => [name, String(rows.get(dims ?? null)?.[name])]));
  };

  const worst = ({ from, to, limit, filter }: SessionQuery): SessionSummary[] => {
    const { sql, values } = filterBy(filter);
    const found: SqliteRow[] = [];
    // The worst of each day by its index, then the worst of those: no day is read further than that.
    const text = `SELECT normalised, sid, body FROM summaries WHERE day = ? AND normalised IS NOT NULL AND started_at >= ? AND started_at < ?${sql} ORDER BY normalised, sid LIMIT ?`;
    for (let day = Math.floor(from / DAY); day <= Math.floor((to - 1) / DAY); day += 1)
      found.push(...ask(text, [day, from, to, ...values, limit]));
    const order = (a: SqliteRow, b: SqliteRow): number =>
      Number(a.normalised) - Number(b.normalised) || (String(a.sid) < String(b.sid) ? -1 : 1);
    return found.sort(order).slice(0, limit).map(summaryOf);
  };

  const newest = ({ from, to, limit, filter, sids }: SessionQuery): SessionSummary[] => {
    const { sql, values } = filterBy(filter);
    const among =
      sids === undefined
        ? ''
        : ' AND session IN (SELECT id FROM sessions WHERE sid IN (SELECT value FROM json_each(?)))';
    const list = sids === undefined ? [] : [JSON.stringify(sids)];
    const text = `SELECT body FROM summaries WHERE started_at >= ? AND started_at < ?${sql}${among} ORDER BY started_at DESC, sid LIMIT ?`;
    return ask(text, [from, to, ...values, ...list, limit]).map(summaryOf);
  };

  const sumText = SUMS.map((name) => `sum(${name}) AS ${name}`).join(', ');

  return {
    summary(sid) {
      const [row] = ask('SELECT body FROM summaries WHERE session = (SELECT id FROM sessions WHERE sid = ?)', [sid]);
      return row ? summaryOf(row) : null;
    },
    sessions: (query) => (query.order === 'worst' ? worst(query) : newest(query)),
    live(since, filter) {
      const { sql, values } = filterBy(filter);
      return Number(
        ask(`SELECT count(*) AS n FROM summaries WHERE live = 1 AND last_at >= ?${sql}`, [since, ...values])[0]?.n,
      );
    },
    rollup({ bucket, by, filter, ...window }) {
      const rows = new Map<string, RollupRow & { sums: Record<SumName, number> }>();
      const time = bucket === null ? '0' : `(time / ${bucket}) * ${bucket}`;
      const { from, values } = sumsOf('rollups', `time, dims, ${SUMS.join(', ')}`, window, bucket, { by, filter });
      const group = by.length === 0 ? 't' : 't, dims';
      const text = `SELECT ${time} AS t, dims, ${sumText} FROM (${from}) GROUP BY ${group}`;
      const nameOf = namesBy(by);
      for (const row of ask(text, values)) {
        const own = { ...(bucket === null ? {} : { time: Number(row.t) }), ...nameOf(row.dims) };
        const key = JSON.stringify(own);
        const known = rows.get(key);
        const sums = known?.sums ?? (Object.fromEntries(SUMS.map((name) => [name, 0])) as Record<SumName, number>);
        for (const name of SUMS) sums[name] += Number(row[name]);
        if (!known) rows.set(key, { ...own, sums });
      }
      return [...rows.values()].sort((a, b) => (a.time ?? 0) - (b.time ?? 0));
    },
    counts({ measure, by, filter, ...window }) {
      const groups = new Map<string, { own: Omit<CountRow, 'bucket' | 'count'>; counts: Map<number, number> }>();
      const { from, values } = sumsOf('rollup_counts', 'dims, measure, counts', window, null, { by, filter });
      const nameOf = namesBy(by);
      for (const row of ask(from, values)) {
        const name = String(row.measure);
        if (!name.startsWith(measure)) continue;
        const own = { ...nameOf(row.dims), measure: name };
        const key = JSON.stringify(own);
        const group = groups.get(key) ?? { own, counts: new Map<number, number>() };
        groups.set(key, group);
        for (const [bucket, count] of unpackCounts(String(row.counts)))
          group.counts.set(bucket, (group.counts.get(bucket) ?? 0) + count);
      }
      return [...groups.values()].flatMap(({ own, counts }) =>
        [...counts].map(([bucket, count]) => ({ ...own, bucket, count })),
      );
    },
    experiments({ from, to }) {
      const text =
        'SELECT DISTINCT experiment FROM exposures WHERE started_at >= ? AND started_at < ? ORDER BY experiment';
      return ask(text, [from, to]).map((row) => String(row.experiment));
    },
    variants(experiment, { from, to }) {
      const sums = METRIC_COLUMNS.map(
        (name) =>
          `count(${name}) AS ${name}_n, total(${name}) AS ${name}_sum, total(${name} * ${name}) AS ${name}_squares`,
      );
      const text = `SELECT variant, count(*) AS sessions, ${sums.join(', ')} FROM exposures WHERE experiment = ? AND started_at >= ? AND started_at < ? GROUP BY variant ORDER BY variant`;
      return ask(text, [experiment, from, to]).map((row) => ({
        variant: String(row.variant),
        sessions: Number(row.sessions),
        metrics: Object.fromEntries(
          METRIC_COLUMNS.map((name) => [
            name,
            { n: Number(row[`${name}_n`]), sum: Number(row[`${name}_sum`]), squares: Number(row[`${name}_squares`]) },
          ]),
        ),
      }));
    },
  };
}
