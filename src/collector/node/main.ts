/** `npm run collector`: a collector with its dashboard at `/`. The options stand in USAGE. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { clickHouseStore } from '../clickhouse-store.ts';
import type { EventStore } from '../event-store.ts';
import { streamFront } from '../stream-front.ts';
import { dashboardPages } from './dashboard-pages.ts';
import { drainJetStream, jetStreamLog } from './jetstream.ts';
import { sqliteStore } from './sqlite-store.ts';
import { startCollector } from './start-collector.ts';

const USAGE = `npm run collector [-- options]: a collector with its dashboard at /

  --port N            where to listen (8787)
  --host ADDRESS      on which address (127.0.0.1: this machine only; any other needs --read-key)
  --file FILE         the database (.cache/collector.db)
  --key KEY           a key that may send; may be given more than once; none: no key is asked for
  --read-key KEY      a key that may read; may be given more than once
  --origin ORIGIN     a page that may send; may be given more than once; none: every page
  --address-header NAME  where a proxy in front puts the address it heard from; rates are limited by address
  --retention DAYS    how long facts are kept (90)
  --durability full|normal   what an acknowledgement survives: loss of power, or the death of the process (full)
  --clickhouse URL    keep facts in ClickHouse (its HTTP interface) and not in a file
  --clickhouse-database NAME  (sluice); user and password in the URL
  --jetstream URL     put facts into NATS JetStream first (nats://…), and from there into the store
  --ingest-only       take facts in and answer questions; another collector on the same ClickHouse drains the stream,
                      makes the summaries and removes what is old
  --no-rate-limit     take as much from one address as comes, for load tests
  --quiet             say only where it listens
  --help              this`;

const ROOT = join(import.meta.dirname, '..', '..', '..');

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

function options() {
  try {
    return parseArgs({
      options: {
        port: { type: 'string', default: '8787' },
        host: { type: 'string', default: '127.0.0.1' },
        file: { type: 'string', default: join(ROOT, '.cache', 'collector.db') },
        key: { type: 'string', multiple: true },
        'read-key': { type: 'string', multiple: true },
        origin: { type: 'string', multiple: true },
        'address-header': { type: 'string' },
        retention: { type: 'string', default: '90' },
        durability: { type: 'string', default: 'full' },
        clickhouse: { type: 'string' },
        'clickhouse-database': { type: 'string', default: 'sluice' },
        jetstream: { type: 'string' },
        'ingest-only': { type: 'boolean', default: false },
        'no-rate-limit': { type: 'boolean', default: false },
        quiet: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (failure) {
    return fail(`${(failure as Error).message}\n\n${USAGE}`);
  }
}

const given = options();
if (given.help) {
  console.log(USAGE);
  process.exit(0);
}
const port = Number(given.port);
if (!Number.isInteger(port) || port < 0 || port > 65_535) fail(`--port must be within 0…65535, got ${given.port}`);
const { durability } = given;
if (durability !== 'full' && durability !== 'normal') fail(`--durability must be full or normal, got ${durability}`);

if (given['ingest-only'] && given.clickhouse === undefined)
  fail('--ingest-only needs --clickhouse: a file belongs to one process, which has to do all of it');

const retentionDays = Number(given.retention);

/** The store asked for, where it is not just a file. */
async function otherStore(): Promise<EventStore | undefined> {
  if (given.clickhouse === undefined && given.jetstream === undefined) return undefined;
  const store =
    given.clickhouse === undefined
      ? await sqliteStore({ file: given.file, durability: durability as 'full' | 'normal' })
      : await openClickHouse(given.clickhouse);
  if (given.jetstream === undefined) return store;
  const options = { url: given.jetstream };
  if (!given['ingest-only']) void drainForever(options, store);
  return streamFront(await jetStreamLog(options), store);
}

function openClickHouse(address: string): Promise<EventStore> {
  const url = new URL(address);
  const { username: user, password } = url;
  url.username = '';
  url.password = '';
  const login = user === '' ? {} : { user: decodeURIComponent(user), password: decodeURIComponent(password) };
  return clickHouseStore({ url: url.href, database: given['clickhouse-database'], retentionDays, ...login });
}

/** Moves batches as long as the process lives; what ends it is told, and it is started again after a while. */
async function drainForever(options: { readonly url: string }, store: EventStore): Promise<never> {
  for (;;) {
    await drainJetStream(options, store, new AbortController().signal).catch((failure: Error) =>
      console.error(`From the stream to the store: ${failure.message}`),
    );
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

const store = await otherStore().catch((failure: Error) => fail(failure.message));
const running = await startCollector({
  port,
  host: given.host,
  ...(store === undefined ? { file: given.file, durability } : { store }),
  keys: given.key ?? null,
  readKeys: given['read-key'] ?? null,
  origins: given.origin ?? null,
  retentionDays,
  background: !given['ingest-only'],
  addressHeader: given['address-header'] ?? null,
  ...(given['no-rate-limit'] ? { limits: { perAddress: null, addressRequests: Number.POSITIVE_INFINITY } } : {}),
  pages: dashboardPages(ROOT),
}).catch((failure: Error) => fail(failure.message));

console.log(`Collector: ${running.url}/v1/events`);
if (!given.quiet)
  console.log(
    `Dashboard: ${running.url}/\nStore:     ${running.store.name}${given.clickhouse === undefined ? `, ${given.file}` : ''}\nCtrl+C stops it.`,
  );
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void running.close().finally(() => process.exit(0)));
}
