import { SUMS } from '../session-projection.ts';

/**
 * Number of this schema. A file with an older one has the same facts, and what is derived from them is made anew; one with a newer
 * one is not opened.
 */
export const SCHEMA_VERSION = 2;

/** Widths of the roll-ups, ms: minutes, and quarters, hours and days so that long windows have few rows. */
export const GRAINS = [60_000, 900_000, 3_600_000, 86_400_000] as const;

/**
 * Stands for any host and any rendition. Each sum is kept twice: told apart by all dimensions under its grain, and by
 * strategy and engine alone under the negative of it, which most questions need no more than.
 */
export const ANY = '*';

const sumColumns = SUMS.map((name) => `${name} INTEGER NOT NULL`).join(', ');

/** Columns of `exposures`, by the metric they hold. */
export const METRIC_COLUMNS = ['score', 'startup', 'rebuffering', 'bitrate', 'watched', 'failure'] as const;

/**
 * Facts in `events`, one row each, clustered by session and never changed. `changes` says which sessions have rows the
 * projections have not seen.
 */
export const FACT_TABLES = `
CREATE TABLE sessions (
  id INTEGER PRIMARY KEY AUTOINCREMENT, sid TEXT NOT NULL UNIQUE,
  first_received INTEGER NOT NULL, last_received INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_last ON sessions (last_received);
CREATE TABLE events (
  session INTEGER NOT NULL, seq INTEGER NOT NULL, received INTEGER NOT NULL, fact TEXT NOT NULL, about TEXT,
  PRIMARY KEY (session, seq)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER events_append_only BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'facts are never changed'); END;
CREATE TABLE losses (
  session INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, reason TEXT NOT NULL, received INTEGER NOT NULL,
  PRIMARY KEY (session, first, last)
) STRICT, WITHOUT ROWID;
CREATE TABLE totals (id INTEGER PRIMARY KEY CHECK (id = 1), facts INTEGER NOT NULL, sessions INTEGER NOT NULL) STRICT;
INSERT INTO totals VALUES (1, 0, 0);
CREATE TABLE changes (id INTEGER PRIMARY KEY AUTOINCREMENT, session INTEGER NOT NULL, low INTEGER NOT NULL) STRICT;
CREATE INDEX changes_session ON changes (session, low);
`;

/** Makes every session wait for its projection. */
export const CHANGE_ALL = `
DELETE FROM changes;
INSERT INTO changes (session, low) SELECT id, 0 FROM sessions ORDER BY id;
`;

/**
 * What is derived from the facts: `cells` and `cell_counts` are what each session adds to which minute, `rollups` and
 * `rollup_counts` the sums of those. A row of `rollup_counts` is a whole distribution: a dashboard asks for all of it, and reading one
 * row costs a tenth of reading a bucket a row. `counts` is a JSON list: bucket, count, bucket, count…
 */
export const DERIVED_TABLES = `
CREATE TABLE summaries (
  session INTEGER PRIMARY KEY, sid TEXT NOT NULL, started_at INTEGER NOT NULL, day INTEGER NOT NULL,
  last_at INTEGER NOT NULL, live INTEGER NOT NULL, strategy TEXT NOT NULL, engine TEXT NOT NULL, host TEXT NOT NULL,
  rendition TEXT NOT NULL, normalised REAL, body TEXT NOT NULL
) STRICT;
CREATE INDEX summaries_started ON summaries (started_at);
CREATE INDEX summaries_worst ON summaries (day, normalised) WHERE normalised IS NOT NULL;
CREATE INDEX summaries_live ON summaries (last_at) WHERE live = 1;
CREATE TABLE exposures (
  session INTEGER NOT NULL, experiment TEXT NOT NULL, variant TEXT NOT NULL, started_at INTEGER NOT NULL,
  ${METRIC_COLUMNS.map((name) => `${name} REAL`).join(', ')},
  PRIMARY KEY (experiment, started_at, session)
) STRICT, WITHOUT ROWID;
CREATE INDEX exposures_session ON exposures (session);
CREATE INDEX exposures_started ON exposures (started_at, experiment);
CREATE TABLE dims (
  id INTEGER PRIMARY KEY, strategy TEXT NOT NULL, engine TEXT NOT NULL, host TEXT NOT NULL, rendition TEXT NOT NULL,
  broad INTEGER NOT NULL, UNIQUE (strategy, engine, host, rendition)
) STRICT;
CREATE TABLE cells (
  session INTEGER NOT NULL, time INTEGER NOT NULL, dims INTEGER NOT NULL, ${sumColumns},
  PRIMARY KEY (session, time, dims)
) STRICT, WITHOUT ROWID;
CREATE TABLE cell_counts (
  session INTEGER NOT NULL, time INTEGER NOT NULL, dims INTEGER NOT NULL, measure TEXT NOT NULL, bucket INTEGER NOT NULL,
  count INTEGER NOT NULL, PRIMARY KEY (session, time, dims, measure, bucket)
) STRICT, WITHOUT ROWID;
CREATE TABLE rollups (
  grain INTEGER NOT NULL, time INTEGER NOT NULL, dims INTEGER NOT NULL, ${sumColumns},
  PRIMARY KEY (grain, time, dims)
) STRICT, WITHOUT ROWID;
CREATE TABLE rollup_counts (
  grain INTEGER NOT NULL, time INTEGER NOT NULL, dims INTEGER NOT NULL, measure TEXT NOT NULL, counts TEXT NOT NULL,
  PRIMARY KEY (grain, time, dims, measure)
) STRICT, WITHOUT ROWID;
PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** Tables that are derived from the facts. */
export const DERIVED = ['summaries', 'exposures', 'cells', 'cell_counts', 'rollups', 'rollup_counts', 'dims'] as const;
