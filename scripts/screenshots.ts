/**
 * Takes the pictures of the README from the demo itself: real playback of the fixture streams under the shaper, about three
 * minutes in all. `npm run screenshots`
 */
import { mkdir, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from '@playwright/test';
import { createServer } from 'vite';
import { BROWSER_ARGS, chromiumPath } from './chromium.ts';

/** One picture: what is played in which theme, and the session time at which it is taken, s. */
interface Picture {
  readonly theme: 'dark' | 'light';
  readonly query: string;
  readonly at: number;
}

const FOLDER = fileURLToPath(new URL('../docs/images/', import.meta.url));
const VIEWPORT = { width: 1440, height: 900 };
/** Bytes; more is too much for a README. */
const LARGEST = 400_000;

const PICTURES: readonly Picture[] = [
  { theme: 'dark', query: 'engine=hls&strategy=throughput&network=cliff', at: 61 },
  { theme: 'light', query: 'engine=shaka&strategy=throughput&network=commute', at: 75 },
];

/** Waits until the plots have come to this session time. */
async function playUntil(page: Page, seconds: number): Promise<void> {
  await page.waitForFunction((position) => (document.querySelector('video')?.currentTime ?? 0) >= position, seconds, {
    timeout: (seconds + 120) * 1000,
    polling: 250,
  });
}

async function take(browser: Browser, origin: string, { theme, query, at }: Picture): Promise<void> {
  const page = await browser.newPage({ viewport: VIEWPORT, colorScheme: theme });
  await page.goto(`${origin}/demo/?stream=long&autoplay=1&theme=${theme}&${query}`);
  await page.check('input[name="span"][value="60"]', { force: true });
  await playUntil(page, at);
  const file = `${FOLDER}demo-${theme}.png`;
  await page.screenshot({ path: file });
  await page.close();
  const { size } = await stat(file);
  if (size > LARGEST) throw new Error(`${file} must be at most ${LARGEST} bytes, got ${size}`);
  console.log(`${file}: ${Math.round(size / 1000)} kB`);
}

async function main(): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  const server = await createServer({ logLevel: 'error', server: { port: 0, watch: null, hmr: false } });
  await server.listen();
  const origin = server.resolvedUrls?.local[0]?.replace(/\/$/, '');
  const executablePath = chromiumPath();
  const browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: BROWSER_ARGS,
  });
  try {
    if (origin === undefined) throw new Error('the server of the demo did not say where it listens');
    for (const picture of PICTURES) await take(browser, origin, picture);
  } finally {
    await browser.close();
    await server.close();
  }
}

await main();
