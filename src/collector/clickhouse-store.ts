import type { BeaconLine } from '../telemetry/beacon-format.ts';
import {
  type ClickHouseOptions,
  type ClickHouseRow,
  clickHouseClient,
  quoted,
  quotedList,
} from './clickhouse-client.ts';
import { CLICKHOUSE_DERIVED, clickHouseSchema } from './clickhouse-schema.ts';
import type {
  Batch,
  CountRow,
  Dimension,
  EventStore,
  Filter,
  Projection,
  RollupRow,
  StoredFact,
  Window,
} from './event-store.ts';
import { EXPERIMENT_TAG, METRICS, type MetricName } from './experiment-metrics.ts';
import { type SessionSummary, SUMS, type SumName } from './session-projection.ts';

/** How a store in ClickHouse is opened. */
export interface ClickHouseStoreOptions extends ClickHouseOptions {
  /** Holds the tables; made if it is not there. Letters, digits and `_`. Default `sluice`. */
  readonly database?: string;
  /** Days after which ClickHouse itself drops facts. Default 90. */
  readonly retentionDays?: number;
  /**
   * ms that a fact is left alone before it is projected: longer than inserts of several collectors may overtake one another.
   * Default 2000.
   */
  readonly settle?: number;
}

const DIMENSIONS: readonly Dimension[] = ['strategy', 'engine', 'host', 'rendition'];
const METRIC_NAMES = Object.keys(METRICS) as MetricName[];
/** What a row is known by in the derived tables, besides its session. */
const KEYS: Readonly<Record<(typeof CLICKHOUSE_DERIVED)[number], readonly string[]>> = {
  summaries: [],
  exposures: ['experiment'],
  cells: ['time', ...DIMENSIONS],
  cell_counts: ['time', ...DIMENSIONS, 'measure', 'bucket'],
};

const where = (filter: Filter): string =>
  DIMENSIONS.flatMap((name) => (filter[name] === undefined ? [] : [` AND ${name} = ${quoted(filter[name])}`])).join('');
const within = (column: string, { from, to }: Window): string => `${column} >= ${from} AND ${column} < ${to}`;
const summaryOf = (row: ClickHouseRow): SessionSummary => JSON.parse(String(row.body)) as SessionSummary;

function storedFact({ seq, fact, about }: ClickHouseRow): StoredFact {
  const stored = { seq: Number(seq), fact: JSON.parse(String(fact)) };
  return about === '' ? stored : { ...stored, ...JSON.parse(String(about)) };
}

const eventRow = ({ sid, seq, fact, rate, tags }: BeaconLine, received: number): ClickHouseRow => ({
  sid,
  seq,
  received,
  fact: JSON.stringify(fact),
  about: rate === undefined && tags === undefined ? '' : JSON.stringify({ rate, tags }),
});

/** The rows that a projection makes in each derived table. */
function rowsOf({
  summary,
  contributions,
}: Projection): Readonly<Record<(typeof CLICKHOUSE_DERIVED)[number], ClickHouseRow[]>> {
  const { sid, startedAt, lastAt, strategy, engine, host, rendition, normalised } = summary;
  const key = { strategy, engine, host, rendition };
  const exposures = Object.entries(summary.tags).flatMap(([tag, variant]) =>
    tag.startsWith(EXPERIMENT_TAG)
      ? [
          {
            sid,
            experiment: tag.slice(EXPERIMENT_TAG.length),
            variant,
            started_at: startedAt,
            ...Object.fromEntries(METRIC_NAMES.map((name) => [name, METRICS[name](summary)])),
          },
        ]
      : [],
  );
  const places = contributions.map(({ time, strategy: by, engine: on, host: from, rendition: at, sums, counts }) => ({
    place: { sid, time, strategy: by, engine: on, host: from, rendition: at },
    sums,
    counts,
  }));
  return {
    summaries: [
      {
        sid,
        started_at: startedAt,
        last_at: lastAt,
        live: summary.ended === null ? 1 : 0,
        ...key,
        normalised,
        body: JSON.stringify(summary),
      },
    ],
    exposures,
    cells: places.flatMap(({ place, sums }) => (SUMS.some((name) => sums[name] !== 0) ? [{ ...place, ...sums }] : [])),
    cell_counts: places.flatMap(({ place, counts }) => counts.map((entry) => ({ ...place, ...entry }))),
  };
}

/**
 * A store in ClickHouse, for more facts than one machine writes. Any number of collectors may append to it; one of them
 * projects. A fact that two collectors are given at the same time is kept twice and counts once.
 *
 * @throws Error if ClickHouse does not answer, TypeError if the database is no name
 */
export async function clickHouseStore(options: ClickHouseStoreOptions): Promise<EventStore> {
  const { database = 'sluice', retentionDays = 90, settle = 2000 } = options;
  if (!/^\w+$/.test(database)) throw new TypeError(`database must be letters, digits and _, got ${database}`);
  const { ask, insert } = clickHouseClient(options);
  const table = (name: string): string => `${database}.${name}`;
  for (const statement of clickHouseSchema(database, retentionDays)) await ask(statement);
  let pending = 0;
  let version = 0;

  /** Of the facts of a batch those that are not held yet, each once. */
  const fresh = async (facts: readonly BeaconLine[]): Promise<readonly BeaconLine[]> => {
    const bySession = new Map<string, Map<number, BeaconLine>>();
    for (const line of facts) {
      const own = bySession.get(line.sid) ?? new Map<number, BeaconLine>();
      if (!own.has(line.seq)) own.set(line.seq, line);
      bySession.set(line.sid, own);
    }
    if (bySession.size === 0) return [];
    const among = [...bySession].map(
      ([sid, own]) => `(sid = ${quoted(sid)} AND seq IN (${[...own.keys()].join(', ')}))`,
    );
    for (const { sid, seq } of await ask(`SELECT sid, seq FROM ${table('events')} WHERE ${among.join(' OR ')}`))
      bySession.get(String(sid))?.delete(Number(seq));
    return [...bySession.values()].flatMap((own) => [...own.values()]);
  };

  const newLosses = async ({ losses, receivedAt }: Batch): Promise<readonly ClickHouseRow[]> => {
    if (losses.length === 0) return [];
    const sids = quotedList([...new Set(losses.map(({ sid }) => sid))]);
    const held = await ask(`SELECT sid, first, last FROM ${table('losses')} WHERE sid IN ${sids}`);
    const known = new Set(held.map(({ sid, first, last }) => `${sid} ${first} ${last}`));
    return losses.flatMap(({ sid, lost, reason }) =>
      lost.flatMap(([first, last]) =>
        known.has(`${sid} ${first} ${last}`) ? [] : [{ sid, first, last, reason, received: receivedAt }],
      ),
    );
  };

  const append = async (batch: Batch): Promise<{ stored: number; duplicates: number }> => {
    const facts = await fresh(batch.facts);
    const losses = await newLosses(batch);
    await insert(
      table('events'),
      facts.map((line) => eventRow(line, batch.receivedAt)),
    );
    await insert(table('losses'), losses);
    const lows = new Map<string, number>();
    for (const { sid, seq } of facts) lows.set(sid, Math.min(lows.get(sid) ?? seq, seq));
    for (const { sid } of losses) if (!lows.has(String(sid))) lows.set(String(sid), Number.MAX_SAFE_INTEGER);
    // Last: should it fail, nothing is acknowledged, the sender comes again, and the facts are found there.
    await insert(
      table('changes'),
      [...lows].map(([sid, low]) => ({ sid, low })),
    );
    return { stored: facts.length, duplicates: batch.facts.length - facts.length };
  };

  /** Writes rows in the place of those that these sessions had in a derived table: what is no more is marked as gone. */
  const replace = async (
    name: (typeof CLICKHOUSE_DERIVED)[number],
    sids: readonly string[],
    rows: readonly ClickHouseRow[],
  ): Promise<void> => {
    const keys = ['sid', ...KEYS[name]];
    const keyOf = (row: ClickHouseRow): string => JSON.stringify(keys.map((key) => row[key]));
    const times = { summaries: ['started_at'], exposures: ['started_at'], cells: [], cell_counts: [] }[name];
    const before = await ask(
      `SELECT ${[...keys, ...times].join(', ')} FROM ${table(name)} FINAL WHERE sid IN ${quotedList(sids)}`,
    );
    const now = new Set(rows.map(keyOf));
    const gone = before.filter((row) => !now.has(keyOf(row))).map((row) => ({ ...row, gone: 1 }));
    version = Math.max(version + 1, Date.now() * 1000);
    await insert(
      table(name),
      [...rows, ...gone].map((row) => ({ ...row, version })),
    );
  };

  const questions = {
    rollup: async ({
      bucket,
      by,
      filter,
      ...window
    }: Parameters<EventStore['rollup']>[0]): Promise<readonly RollupRow[]> => {
      const time = bucket === null ? [] : [`intDiv(time, ${bucket}) * ${bucket} AS t`];
      const groups = [...(bucket === null ? [] : ['t']), ...by];
      const sums = SUMS.map((name) => `sum(${name}) AS sum_${name}`);
      const tail = groups.length === 0 ? ' HAVING count() > 0' : ` GROUP BY ${groups.join(', ')}`;
      const rows = await ask(
        `SELECT ${[...time, ...by, ...sums].join(', ')} FROM ${table('cells')} FINAL WHERE ${within('time', window)}${where(filter)}${tail}`,
      );
      return rows
        .map((row) => ({
          ...(bucket === null ? {} : { time: Number(row.t) }),
          ...Object.fromEntries(by.map((name) => [name, String(row[name])])),
          sums: Object.fromEntries(SUMS.map((name) => [name, Number(row[`sum_${name}`])])) as Record<SumName, number>,
        }))
        .sort((a, b) => Number(a.time ?? 0) - Number(b.time ?? 0)) as RollupRow[];
    },
    counts: async ({
      measure,
      by,
      filter,
      ...window
    }: Parameters<EventStore['counts']>[0]): Promise<readonly CountRow[]> => {
      const groups = [...by, 'measure', 'bucket'].join(', ');
      const rows = await ask(
        `SELECT ${groups}, sum(count) AS n FROM ${table('cell_counts')} FINAL WHERE ${within('time', window)} AND startsWith(measure, ${quoted(measure)})${where(filter)} GROUP BY ${groups}`,
      );
      return rows.map((row) => ({
        ...Object.fromEntries(by.map((name) => [name, String(row[name])])),
        measure: String(row.measure),
        bucket: Number(row.bucket),
        count: Number(row.n),
      }));
    },
  };

  return {
    name: `ClickHouse (${new URL(options.url).host})`,
    get pending() {
      return pending;
    },
    async append(batch) {
      pending += batch.facts.length;
      try {
        return await append(batch);
      } finally {
        pending -= batch.facts.length;
      }
    },
    async changed(limit) {
      const rows = await ask(
        `WITH toUnixTimestamp64Micro(now64(6)) - ${Math.round(settle * 1000)} AS until SELECT sid, min(low) AS least, until AS mark FROM ${table('changes')} AS c LEFT JOIN (SELECT sid, max(mark) AS seen FROM ${table('projected')} GROUP BY sid) AS p ON c.sid = p.sid WHERE inserted > p.seen AND inserted <= until GROUP BY sid ORDER BY min(inserted) LIMIT ${limit}`,
      );
      return rows.map(({ sid, least, mark }) => ({ sid: String(sid), low: Number(least), mark: Number(mark) }));
    },
    async session(sid, fromSeq = 0, limit = Number.MAX_SAFE_INTEGER) {
      const own = `sid = ${quoted(sid)}`;
      const [[about], facts, lost] = await Promise.all([
        ask(
          `SELECT min(received) AS first, max(received) AS last, count() AS n FROM (SELECT received FROM ${table('events')} WHERE ${own} UNION ALL SELECT received FROM ${table('losses')} WHERE ${own})`,
        ),
        ask(
          `SELECT seq, fact, about FROM ${table('events')} FINAL WHERE ${own} AND seq >= ${fromSeq} ORDER BY seq LIMIT ${limit}`,
        ),
        ask(`SELECT first, last FROM ${table('losses')} FINAL WHERE ${own} ORDER BY first, last`),
      ]);
      if (!about || Number(about.n) === 0) return null;
      return {
        sid,
        firstReceived: Number(about.first),
        lastReceived: Number(about.last),
        facts: facts.map(storedFact),
        lost: lost.map(({ first, last }) => [Number(first), Number(last)] as const),
      };
    },
    async project(projections) {
      const sids = projections.map(({ summary }) => summary.sid);
      const made = projections.map(rowsOf);
      for (const name of CLICKHOUSE_DERIVED)
        await replace(
          name,
          sids,
          made.flatMap((rows) => rows[name]),
        );
      // Last: should something before it fail, the sessions stay changed and are projected again.
      await insert(
        table('projected'),
        projections.map(({ summary, mark }) => ({ sid: summary.sid, mark })),
      );
      const resumed = projections.flatMap(({ summary, resume }) =>
        resume === null ? [] : [{ sid: summary.sid, low: resume }],
      );
      await insert(table('changes'), resumed);
    },
    async forgetProjections() {
      for (const name of [...CLICKHOUSE_DERIVED, 'projected', 'changes']) await ask(`TRUNCATE TABLE ${table(name)}`);
      await ask(
        `INSERT INTO ${table('changes')} (sid, low) SELECT DISTINCT sid, 0 FROM (SELECT sid FROM ${table('events')} UNION ALL SELECT sid FROM ${table('losses')})`,
      );
    },
    async expire(before, limit) {
      const old = await ask(
        `SELECT sid FROM (SELECT sid, received FROM ${table('events')} UNION ALL SELECT sid, received FROM ${table('losses')}) GROUP BY sid HAVING max(received) < ${before} LIMIT ${limit}`,
      );
      if (old.length === 0) return 0;
      const sids = quotedList(old.map(({ sid }) => String(sid)));
      for (const name of [...CLICKHOUSE_DERIVED, 'changes', 'projected', 'losses', 'events'])
        await ask(`DELETE FROM ${table(name)} WHERE sid IN ${sids} SETTINGS lightweight_deletes_sync = 2`);
      return old.length;
    },
    async summary(sid) {
      const [row] = await ask(`SELECT body FROM ${table('summaries')} FINAL WHERE sid = ${quoted(sid)}`);
      return row ? summaryOf(row) : null;
    },
    async sessions({ order, limit, filter, sids, ...window }) {
      const among = sids === undefined ? '' : ` AND sid IN ${quotedList(sids)}`;
      const scored = order === 'worst' ? ' AND normalised IS NOT NULL' : '';
      const by = order === 'worst' ? 'normalised, sid' : 'started_at DESC, sid';
      const rows = await ask(
        `SELECT body FROM ${table('summaries')} FINAL WHERE ${within('started_at', window)}${among}${scored}${where(filter)} ORDER BY ${by} LIMIT ${limit}`,
      );
      return rows.map(summaryOf);
    },
    async live(since, filter) {
      const [row] = await ask(
        `SELECT count() AS n FROM ${table('summaries')} FINAL WHERE live = 1 AND last_at >= ${since}${where(filter)}`,
      );
      return Number(row?.n);
    },
    ...questions,
    async experiments(window) {
      const rows = await ask(
        `SELECT DISTINCT experiment FROM ${table('exposures')} FINAL WHERE ${within('started_at', window)} ORDER BY experiment`,
      );
      return rows.map(({ experiment }) => String(experiment));
    },
    async variants(experiment, window) {
      const sums = METRIC_NAMES.map(
        (name) =>
          `count(${name}) AS ${name}_n, sum(ifNull(${name}, 0)) AS ${name}_sum, sum(ifNull(${name} * ${name}, 0)) AS ${name}_squares`,
      );
      const rows = await ask(
        `SELECT variant, count() AS sessions, ${sums.join(', ')} FROM ${table('exposures')} FINAL WHERE experiment = ${quoted(experiment)} AND ${within('started_at', window)} GROUP BY variant ORDER BY variant`,
      );
      return rows.map((row) => ({
        variant: String(row.variant),
        sessions: Number(row.sessions),
        metrics: Object.fromEntries(
          METRIC_NAMES.map((name) => [
            name,
            { n: Number(row[`${name}_n`]), sum: Number(row[`${name}_sum`]), squares: Number(row[`${name}_squares`]) },
          ]),
        ),
      }));
    },
    async size() {
      const [row] = await ask(
        `SELECT (SELECT count() FROM ${table('events')} FINAL) AS facts, (SELECT uniqExact(sid) FROM (SELECT sid FROM ${table('events')} UNION ALL SELECT sid FROM ${table('losses')})) AS sessions, (SELECT uniqExact(c.sid) FROM ${table('changes')} AS c LEFT JOIN (SELECT sid, max(mark) AS seen FROM ${table('projected')} GROUP BY sid) AS p ON c.sid = p.sid WHERE inserted > p.seen) AS changed`,
      );
      return { sessions: Number(row?.sessions), facts: Number(row?.facts), changed: Number(row?.changed) };
    },
    async close() {
      // Connections are fetch's own.
    },
  };
}
