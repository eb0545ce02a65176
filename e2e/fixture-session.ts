import { test as base, expect, type Page } from '@playwright/test';

/** One entry of what the fixture server says it served. */
export interface ServedRequest {
  readonly path: string;
  readonly kind: string;
  readonly rung: number | null;
  readonly segment: number | null;
  readonly status: number;
  readonly bytes: number;
  readonly aborted: boolean;
  readonly fault: string | null;
}

/** A session of the fixture server: a network and faults of its own, so that tests do not disturb one another. */
export interface FixtureSession {
  url(presentation: string): string;
  network(network: unknown): Promise<void>;
  faults(faults: readonly unknown[]): Promise<void>;
  requests(): Promise<readonly ServedRequest[]>;
}

async function call(method: string, url: string, body?: unknown): Promise<unknown> {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url} answered ${response.status}: ${text}`);
  return text === '' ? null : JSON.parse(text);
}

/** Opens a session on the fixture server. */
export async function openSession(
  origin: string,
  options: Record<string, unknown> = {},
): Promise<FixtureSession & { close(): Promise<void> }> {
  const { id, base: path } = (await call('POST', `${origin}/sessions`, options)) as { id: string; base: string };
  const session = `${origin}/sessions/${id}`;
  return {
    url: (presentation) => `${origin}${path}/${presentation}/main.m3u8`,
    network: async (network) => void (await call('PUT', `${session}/network`, network)),
    faults: async (faults) => void (await call('PUT', `${session}/faults`, faults)),
    requests: async () => {
      const answer = (await call('GET', `${session}/requests`)) as
        | readonly ServedRequest[]
        | { requests: readonly ServedRequest[] };
      return Array.isArray(answer) ? answer : (answer as { requests: readonly ServedRequest[] }).requests;
    },
    close: async () => void (await call('DELETE', session)),
  };
}

/** Tests with a fixture session of their own and the harness page open. */
export const test = base.extend<{ session: FixtureSession; harness: Page }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures off this pattern
  session: async ({}, use, info) => {
    const session = await openSession(String(info.config.metadata.fixtures));
    await use(session);
    await session.close();
  },
  harness: async ({ page }, use) => {
    await page.goto('/e2e/harness.html');
    await page.waitForSelector('html[data-ready]');
    await use(page);
    await page.evaluate(() => window.harness.player?.destroy());
  },
});

export { expect };
