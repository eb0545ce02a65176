import { METRICS } from './experiment-metrics.ts';
import { SUMS } from './session-projection.ts';

const sums = SUMS.map((name) => `${name} Int64`).join(', ');
const metrics = Object.keys(METRICS)
  .map((name) => `${name} Nullable(Float64)`)
  .join(', ');

/** Dimensions that sums are told apart by, as columns. */
const dimensions =
  'strategy LowCardinality(String), engine LowCardinality(String), host LowCardinality(String), rendition LowCardinality(String)';

/** A table whose rows are replaced by their key: the highest `version` counts, none where that is `gone`. */
const replaced = (name: string, columns: string, key: string, time: string): string =>
  `CREATE TABLE IF NOT EXISTS ${name} (${columns}, version UInt64, gone UInt8 DEFAULT 0) ENGINE = ReplacingMergeTree(version, gone) PARTITION BY toYYYYMM(fromUnixTimestamp64Milli(${time})) ORDER BY (${key})`;

/**
 * The tables of the SQLite store, as ClickHouse has them. A fact that comes twice is in `events` twice until parts are
 * merged; the first to come counts (`age`), and every question is asked with FINAL. Roll-ups are not kept: they are added up
 * from `cells` when they are asked for.
 *
 * @param database holds the tables
 * @param retentionDays after which ClickHouse itself drops facts, besides what `expire` removes
 */
export function clickHouseSchema(database: string, retentionDays: number): readonly string[] {
  const table = (name: string): string => `${database}.${name}`;
  return [
    `CREATE DATABASE IF NOT EXISTS ${database}`,
    `CREATE TABLE IF NOT EXISTS ${table('events')} (sid String, seq UInt64, received Int64, fact String CODEC(ZSTD(3)), about String, age UInt64 DEFAULT bitNot(toUInt64(received))) ENGINE = ReplacingMergeTree(age) PARTITION BY toYYYYMM(fromUnixTimestamp64Milli(received)) ORDER BY (sid, seq) TTL toDateTime(intDiv(received, 1000)) + INTERVAL ${retentionDays} DAY`,
    `CREATE TABLE IF NOT EXISTS ${table('losses')} (sid String, first UInt64, last UInt64, reason LowCardinality(String), received Int64) ENGINE = ReplacingMergeTree ORDER BY (sid, first, last) TTL toDateTime(intDiv(received, 1000)) + INTERVAL ${retentionDays} DAY`,
    `CREATE TABLE IF NOT EXISTS ${table('changes')} (inserted UInt64 DEFAULT toUnixTimestamp64Micro(now64(6)), sid String, low UInt64) ENGINE = MergeTree ORDER BY inserted TTL toDateTime(intDiv(inserted, 1000000)) + INTERVAL 7 DAY`,
    `CREATE TABLE IF NOT EXISTS ${table('projected')} (sid String, mark UInt64) ENGINE = ReplacingMergeTree(mark) ORDER BY sid`,
    replaced(
      table('summaries'),
      `sid String, started_at Int64, last_at Int64, live UInt8, ${dimensions}, normalised Nullable(Float64), body String CODEC(ZSTD(3))`,
      'sid',
      'started_at',
    ),
    replaced(
      table('exposures'),
      `sid String, experiment String, variant String, started_at Int64, ${metrics}`,
      'sid, experiment',
      'started_at',
    ),
    replaced(
      table('cells'),
      `sid String, time Int64, ${dimensions}, ${sums}`,
      'sid, time, strategy, engine, host, rendition',
      'time',
    ),
    replaced(
      table('cell_counts'),
      `sid String, time Int64, ${dimensions}, measure LowCardinality(String), bucket Int32, count Int64`,
      'sid, time, strategy, engine, host, rendition, measure, bucket',
      'time',
    ),
  ];
}

/** Tables that are derived from the facts. */
export const CLICKHOUSE_DERIVED = ['summaries', 'exposures', 'cells', 'cell_counts'] as const;
