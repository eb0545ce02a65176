import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

/** Where the harness page and the fixture streams are served during the tests: two origins, as in the world. */
const PAGE_PORT = 5199;
const FIXTURE_PORT = 5198;

/** An installed Chromium goes before Playwright's own download. */
const executablePath = [process.env.SLUICE_CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path): path is string => path !== undefined && path !== '' && existsSync(path),
);

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  timeout: 90_000,
  expect: { timeout: 30_000 },
  fullyParallel: true,
  workers: Number(process.env.SLUICE_E2E_WORKERS ?? 2),
  forbidOnly: process.env.CI !== undefined,
  retries: 0,
  reporter: process.env.CI ? [['list']] : [['list']],
  use: {
    baseURL: `http://127.0.0.1:${PAGE_PORT}`,
    browserName: 'chromium',
    viewport: { width: 1280, height: 800 },
    launchOptions: {
      ...(executablePath === undefined ? {} : { executablePath }),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-quic',
        '--no-first-run',
        '--autoplay-policy=no-user-gesture-required',
        '--js-flags=--expose-gc',
      ],
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
