import { defineConfig } from '@playwright/test';
import { BROWSER_ARGS, chromiumPath } from './scripts/chromium.ts';

/** Where the harness page and the fixture streams are served during the tests: two origins, as in the world. */
const PAGE_PORT = Number(process.env.SLUICE_E2E_PORT ?? 5199);
const FIXTURE_PORT = PAGE_PORT - 1;

const executablePath = chromiumPath();

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  timeout: 90_000,
  expect: { timeout: 30_000 },
  fullyParallel: true,
  // One at a time: a decoder that has to share two cores drops frames and misses what is being tested.
  workers: Number(process.env.SLUICE_E2E_WORKERS ?? 1),
  forbidOnly: process.env.CI !== undefined,
  // Real time on a shared machine: one more try there, told as flaky; none at home.
  retries: process.env.CI ? 1 : 0,
  reporter: process.env.CI ? [['list']] : [['list']],
  use: {
    baseURL: `http://127.0.0.1:${PAGE_PORT}`,
    browserName: 'chromium',
    viewport: { width: 1280, height: 800 },
    launchOptions: {
      ...(executablePath === undefined ? {} : { executablePath }),
      args: BROWSER_ARGS,
    },
  },
  webServer: [
    {
      command: `npx vite --mode e2e --port ${PAGE_PORT} --strictPort`,
      url: `http://127.0.0.1:${PAGE_PORT}/e2e/harness.html`,
      reuseExistingServer: false,
      timeout: 60_000,
    },
    {
      command: `npx tsx fixtures/server/main.ts --port ${FIXTURE_PORT}`,
      url: `http://127.0.0.1:${FIXTURE_PORT}/vod/main.m3u8`,
      reuseExistingServer: false,
      timeout: 60_000,
    },
  ],
  metadata: { fixtures: `http://127.0.0.1:${FIXTURE_PORT}` },
});
