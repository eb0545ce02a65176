import { existsSync } from 'node:fs';

/** Flags under which tests and tools run Chromium: headless machines without GPU or network, playback without a gesture. */
export const BROWSER_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-quic',
  '--no-first-run',
  '--autoplay-policy=no-user-gesture-required',
  '--js-flags=--expose-gc',
];

/** An installed Chromium, or undefined for Playwright's own download. */
export function chromiumPath(): string | undefined {
  return [process.env.SLUICE_CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
    (path) => path !== undefined && path !== '' && existsSync(path),
  );
}
