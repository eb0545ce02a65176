// What a bare machine lacks, found or installed. Plain JavaScript: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Runs a command with its output shown; returns its exit code. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: ROOT,
    stdio: 'inherit',
    shell: process.platform === 'win32',
    ...options,
  });
  if (error && error.code !== 'ENOENT') throw error;
  return status ?? 127;
}

/** Ends the process with a sentence for a person. */
export function fail(message) {
  console.error(`\n${message}`);
  process.exit(1);
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(`Sluice needs Node 20.19 or newer; this is ${process.versions.node}.`);
}

/** Whether every package of the lock file is there in its version; optional ones are for other machines too. */
function installed() {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  return Object.entries(packages).every(([path, { version, optional, link }]) => {
    if (path === '' || optional || link) return true;
    const file = join(ROOT, path, 'package.json');
    return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).version === version;
  });
}

/** Installs the npm packages of the lock file, unless they are there already. */
export function ensureDependencies() {
  checkNode();
  if (installed()) return;
  console.log('Installing packages (npm ci) …');
  const code = run('npm', ['ci', '--no-audit', '--no-fund']);
  if (code !== 0) fail('npm ci failed: see above. A network to the npm registry is needed once.');
}

const INSTALLED = [
  process.env.SLUICE_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:/Program Files/Google/Chrome/Application/chrome.exe',
];

const findInstalled = () => INSTALLED.find((path) => path && existsSync(path)) ?? null;

async function findDownloaded() {
  const { chromium } = await import('@playwright/test');
  const path = chromium.executablePath();
  return path && existsSync(path) ? path : null;
}

const asRoot = (args) =>
  process.getuid?.() === 0 ? args : existsSync('/usr/bin/sudo') ? ['sudo', '-n', ...args] : null;

/** Commands of the system's package managers that bring a Chromium. */
const MANAGERS = [
  ['/usr/bin/apt-get', ['sh', '-c', 'apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y chromium']],
  ['/usr/bin/dnf', ['dnf', 'install', '-y', 'chromium']],
  ['/usr/bin/pacman', ['pacman', '-Sy', '--noconfirm', 'chromium']],
  ['/sbin/apk', ['apk', 'add', 'chromium']],
];

/**
 * A Chromium that plays H.264: an installed one, else Playwright's download, else the system's package manager's.
 * Returns its path, or null after saying what to do.
 */
export async function ensureChromium() {
  const present = findInstalled() ?? (await findDownloaded());
  if (present) return present;
  console.log('No Chromium found: trying Playwright’s download …');
  // What it needs of the system can only be installed by root.
  const deps = process.getuid?.() === 0 ? ['--with-deps'] : [];
  run('npx', ['playwright', 'install', ...deps, 'chromium'], { timeout: 300_000 });
  const downloaded = await findDownloaded();
  if (downloaded) return downloaded;
  for (const [manager, command] of MANAGERS) {
    const args = existsSync(manager) ? asRoot(command) : null;
    if (!args) continue;
    console.log(`Trying the system’s package manager (${manager}) …`);
    run(args[0], args.slice(1), { timeout: 600_000 });
    const installed = findInstalled();
    if (installed) return installed;
  }
  console.error(
    'No Chromium could be had. Install Chromium or Chrome, or set SLUICE_CHROMIUM to the path of one, and run this again.',
  );
  return null;
}
