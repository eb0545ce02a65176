import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** ClickHouse inside this process, as the npm package `chdb` gives it. */
interface ChdbSession {
  query(sql: string): string;
  cleanup(): void;
}

/** Whether `chdb` is installed. It is half a gigabyte, so it is no dependency. */
export async function hasChdb(): Promise<boolean> {
  const name: string = 'chdb';
  return import(/* @vite-ignore */ name).then(
    () => true,
    () => false,
  );
}

/**
 * ClickHouse's HTTP interface in front of a ClickHouse in this process, as far as the store uses it: a statement in `query` or at
 * the head of the body, rows as JSONEachRow. For tests: what is proved with it is the SQL and the client.
 *
 * @param folder where ClickHouse keeps its files
 */
export async function chdbServer(folder: string): Promise<{ readonly url: string; close(): Promise<void> }> {
  const name: string = 'chdb';
  const { Session } = (await import(/* @vite-ignore */ name)) as { Session: new (folder: string) => ChdbSession };
  const session = new Session(folder);
  const server = createServer((request, reply) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const query = new URL(request.url ?? '/', 'http://localhost').searchParams.get('query');
      const body = Buffer.concat(chunks).toString();
      try {
        const sql = query === null ? body : `${query}\n${body}`;
        const settings = 'output_format_json_quote_64bit_integers = 0';
        reply.end(session.query(/^(SELECT|WITH)/.test(sql) ? `${sql} SETTINGS ${settings} FORMAT JSONEachRow` : sql));
      } catch (failure) {
        reply.writeHead(500).end(String(failure));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      session.cleanup();
    },
  };
}
