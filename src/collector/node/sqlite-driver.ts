import { rmSync } from 'node:fs';

/** What a column holds. */
export type SqliteValue = string | number | null;
/** A row by column name. */
export type SqliteRow = Readonly<Record<string, SqliteValue>>;

/** A prepared statement. */
export interface SqliteStatement {
  /** @returns rows changed */
  run(...values: readonly SqliteValue[]): number;
  all(...values: readonly SqliteValue[]): readonly SqliteRow[];
}

/** The little that the store needs of SQLite, the same over three bindings. */
export interface Sqlite {
  readonly binding: SqliteBinding;
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

/** The bindings there are, best first. */
export const SQLITE_BINDINGS = ['better-sqlite3', 'node:sqlite', 'node-sqlite3-wasm'] as const;
/** Which SQLite: native code that has to be installed beside, Node's own (from 22.13 on), or WebAssembly. */
export type SqliteBinding = (typeof SQLITE_BINDINGS)[number];

/** What better-sqlite3 and node:sqlite have in common. */
interface NativeDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): {
    run(...values: unknown[]): { changes: number | bigint };
    all(...values: unknown[]): unknown[];
  };
  close(): void;
}

function native(binding: SqliteBinding, database: NativeDatabase): Sqlite {
  return {
    binding,
    exec: (sql) => void database.exec(sql),
    prepare(sql) {
      const statement = database.prepare(sql);
      return {
        run: (...values) => Number(statement.run(...values).changes),
        all: (...values) => statement.all(...values) as SqliteRow[],
      };
    },
    close: () => database.close(),
  };
}

async function openWasm(file: string): Promise<Sqlite> {
  const { default: wasm } = await import('node-sqlite3-wasm');
  // It locks with a directory beside the file, which outlives a process that is killed. The caller owns the file, so one that is there is stale.
  rmSync(`${file}.lock`, { recursive: true, force: true });
  const database = new wasm.Database(file);
  // It has no shared memory; a database that only one connection uses needs none for its write-ahead log.
  database.exec('PRAGMA locking_mode = EXCLUSIVE');
  const statements: { finalize(): void }[] = [];
  return {
    binding: 'node-sqlite3-wasm',
    exec: (sql) => database.exec(sql),
    prepare(sql) {
      const statement = database.prepare(sql);
      statements.push(statement);
      return {
        run: (...values) => statement.run(values as SqliteValue[]).changes,
        all: (...values) => statement.all(values as SqliteValue[]) as SqliteRow[],
      };
    },
    close() {
      for (const statement of statements) statement.finalize();
      database.close();
    },
  };
}

const OPEN: Readonly<Record<SqliteBinding, (file: string) => Promise<Sqlite>>> = {
  'better-sqlite3': async (file) => {
    // Not a dependency of ours: whoever wants it installs it. The name is a variable so that nothing looks for its types.
    const name: string = 'better-sqlite3';
    const { default: Database } = (await import(/* @vite-ignore */ name)) as {
      default: new (file: string) => NativeDatabase;
    };
    return native('better-sqlite3', new Database(file));
  },
  'node:sqlite': async (file) => {
    const name: string = 'node:sqlite';
    const { DatabaseSync } = (await import(/* @vite-ignore */ name)) as {
      DatabaseSync: new (file: string) => NativeDatabase;
    };
    return native('node:sqlite', new DatabaseSync(file));
  },
  'node-sqlite3-wasm': openWasm,
};

const isMissing = (failure: unknown): boolean =>
  ['ERR_MODULE_NOT_FOUND', 'ERR_UNKNOWN_BUILTIN_MODULE', 'MODULE_NOT_FOUND', 'ERR_DLOPEN_FAILED'].includes(
    String((failure as { code?: unknown } | null)?.code),
  );

/**
 * Opens a database file with the best SQLite there is, or with the one asked for. The caller sees to it that nobody else
 * has the file open.
 *
 * @throws Error if the one asked for is not there, or the file cannot be opened
 */
export async function openSqlite(file: string, binding?: SqliteBinding): Promise<Sqlite> {
  for (const candidate of binding === undefined ? SQLITE_BINDINGS : [binding]) {
    try {
      return await OPEN[candidate](file);
    } catch (failure) {
      if (binding !== undefined || !isMissing(failure)) throw failure;
    }
  }
  throw new Error('no SQLite binding is installed: npm install node-sqlite3-wasm');
}

/** Whether a binding can be used here. */
export async function hasSqlite(binding: SqliteBinding): Promise<boolean> {
  try {
    (await OPEN[binding](':memory:')).close();
    return true;
  } catch {
    return false;
  }
}
