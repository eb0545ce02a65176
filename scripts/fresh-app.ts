import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromium } from '@playwright/test';
import { createFixtureServer } from '../fixtures/server/fixture-server.ts';
import { BROWSER_ARGS, chromiumPath } from './chromium.ts';

const run = promisify(execFile);

const MAIN = `import { createPlayer, type Player } from 'sluice';
import { percentile } from 'sluice/abr';
import { weighted } from 'sluice/qoe';

const media = document.querySelector('video');
if (!media) throw new Error('no video');
const query = new URLSearchParams(location.search);
const player: Player = createPlayer({
  media,
  engine: query.get('engine') === 'shaka' ? 'shaka' : 'hls',
  strategy: percentile(),
  scorers: [weighted()],
});
player.events$.subscribe((event) => {
  if (event.type === 'decision') document.title = event.reason;
});
player.load(query.get('src') ?? '').then(() => player.play()).catch((error: unknown) => { document.title = 'failed: ' + String(error); });
`;

const INDEX = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>…</title></head>
<body><video muted playsinline crossorigin="anonymous"></video><script type="module" src="/main.ts"></script></body></html>
`;

/** Versions of this project's own tools, so that the app is built with what the tests were. */
function versions(root: string): Record<string, string> {
  const of = (name: string): string =>
    JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;
  return Object.fromEntries(['vite', 'typescript', 'hls.js', 'shaka-player'].map((name) => [name, of(name)]));
}

async function step(name: string, command: string, args: string[], cwd: string): Promise<string> {
  const { stdout } = await run(command, args, { cwd, maxBuffer: 1e8 }).catch((error) => {
    throw new Error(`${name} failed\n${error.stdout}\n${error.stderr}`);
  });
  return stdout;
}

async function plays(page: string, src: string, engine: string): Promise<void> {
  const executablePath = chromiumPath();
  const browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args: BROWSER_ARGS });
  try {
    const tab = await browser.newPage();
    await tab.goto(`${page}?engine=${engine}&src=${encodeURIComponent(src)}`);
    await tab.waitForFunction(
      () => (document.querySelector('video')?.currentTime ?? 0) > 1 || document.title.startsWith('failed'),
      null,
      { timeout: 60_000 },
    );
    const title = await tab.title();
    if (title.startsWith('failed')) throw new Error(`${engine}: ${title}`);
  } finally {
    await browser.close();
  }
}

/** Engines are optional peers: an app that has only one of them must build. */
async function buildsWithout(folder: string, name: string): Promise<void> {
  const installed = join(folder, 'node_modules', name);
  renameSync(installed, join(folder, 'away'));
  await step(`vite build without ${name}`, 'npx', ['vite', 'build'], folder);
  renameSync(join(folder, 'away'), installed);
}

/**
 * Packs this project, installs the tarball in a new Vite + TypeScript app in `folder`, type-checks and builds it, and plays the
 * fixture stream through each engine. Returns what was seen; throws what went wrong.
 */
export async function playInFreshApp(root: string, folder: string): Promise<string> {
  const [packed] = JSON.parse(
    await step('npm pack', 'npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root),
  );
  const { vite = '', typescript = '', ...engines } = versions(root);
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({
      name: 'fresh-app',
      private: true,
      type: 'module',
      dependencies: { sluice: `file:./${packed.filename}`, ...engines },
      devDependencies: { vite, typescript },
    }),
  );
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        target: 'es2022',
        module: 'esnext',
        moduleResolution: 'bundler',
        strict: true,
        noEmit: true,
        lib: ['ES2023', 'DOM'],
        types: [],
      },
      include: ['main.ts'],
    }),
  );
  writeFileSync(join(folder, 'index.html'), INDEX);
  writeFileSync(join(folder, 'main.ts'), MAIN);
  mkdirSync(join(folder, 'public'), { recursive: true });
  await step('npm install', 'npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], folder);
  await step('tsc', 'npx', ['tsc', '-p', '.'], folder);
  for (const missing of ['hls.js', 'shaka-player']) await buildsWithout(folder, missing);
  await step('vite build', 'npx', ['vite', 'build'], folder);
  const { preview } = await import('vite');
  const site = await preview({
    root: folder,
    configFile: false,
    preview: { host: '127.0.0.1', port: 0 },
    logLevel: 'silent',
  });
  const fixtures = await createFixtureServer();
  try {
    const page = site.resolvedUrls?.local[0];
    if (!page) throw new Error('vite preview has no address');
    for (const engine of ['hls', 'shaka']) await plays(page, `${fixtures.origin}/vod/main.m3u8`, engine);
  } finally {
    await fixtures.close();
    await site.close();
  }
  return `${packed.filename} (${Math.round(packed.size / 1000)} kB) type-checks, builds with both engines or either, and plays through hls and shaka`;
}
