/** Where a ClickHouse answers over HTTP. */
export interface ClickHouseOptions {
  /** Its HTTP interface: `http://clickhouse:8123`. */
  readonly url: string;
  readonly user?: string;
  readonly password?: string;
  /** ms for an answer. Default 30 000. */
  readonly timeout?: number;
  /** Settings sent with every request; those of `insertSettings` with every insert besides. */
  readonly settings?: Readonly<Record<string, string>>;
  /**
   * Default: the server gathers the inserts of all collectors and answers when they are written
   * (`async_insert`, `wait_for_async_insert`).
   */
  readonly insertSettings?: Readonly<Record<string, string>>;
}

/** A row as ClickHouse takes and gives it. */
export type ClickHouseRow = Readonly<Record<string, unknown>>;

/** The two things that are asked of a ClickHouse. */
export interface ClickHouse {
  /** Runs a statement; rows of a SELECT. */
  ask(sql: string): Promise<readonly ClickHouseRow[]>;
  /** Puts rows into a table; resolves when they are written. */
  insert(table: string, rows: readonly ClickHouseRow[]): Promise<void>;
}

/** Text as a literal of SQL. */
export const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&').replaceAll('\u0000', '\\0')}'`;

/** A list of texts as one; never empty. */
export const quotedList = (texts: readonly string[]): string => `(${texts.map(quoted).join(', ') || "''"})`;

const GATHERED = { async_insert: '1', wait_for_async_insert: '1' };

/** Talks to a ClickHouse over HTTP; values travel as literals in the statement, rows as JSON in the body. */
export function clickHouseClient(options: ClickHouseOptions): ClickHouse {
  const { url, user, password, timeout = 30_000, settings = {}, insertSettings = GATHERED } = options;
  const headers = {
    ...(user === undefined ? {} : { 'x-clickhouse-user': user }),
    ...(password === undefined ? {} : { 'x-clickhouse-key': password }),
  };

  const send = async (query: Readonly<Record<string, string>>, body: string): Promise<string> => {
    const address = new URL(url);
    for (const [name, value] of Object.entries({ ...settings, ...query })) address.searchParams.set(name, value);
    const signal = AbortSignal.timeout(timeout);
    const response = await fetch(address, { method: 'POST', headers, body, signal });
    const text = await response.text();
    if (!response.ok) throw new Error(`ClickHouse answered ${response.status}: ${text.slice(0, 500)}`);
    return text;
  };

  return {
    async ask(sql) {
      const text = await send({ default_format: 'JSONEachRow', output_format_json_quote_64bit_integers: '0' }, sql);
      return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [JSON.parse(line) as ClickHouseRow]));
    },
    async insert(table, rows) {
      if (rows.length === 0) return;
      const body = rows.map((row) => JSON.stringify(row)).join('\n');
      await send({ ...insertSettings, query: `INSERT INTO ${table} FORMAT JSONEachRow` }, body);
    },
  };
}
