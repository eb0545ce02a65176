/** `npm run build`: the package into dist/: one ES module an entry point, chunks for the engines, declarations, and the command. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build as bundle } from 'esbuild';
import { build } from 'vite';

const root = join(import.meta.dirname, '..');
const types = join(root, 'dist', 'types');

/** Declarations are written with the sources' `.ts` specifiers; consumers resolve `.js` beside `.d.ts`. */
function rewriteSpecifiers(): void {
  for (const path of readdirSync(types, { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.d.ts')) continue;
    const file = join(types, path);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(/((?:from|import)\s*\(?\s*['"]\.{1,2}\/[^'"]*)\.ts(['"])/g, '$1.js$2'));
  }
}

rmSync(join(root, 'dist'), { recursive: true, force: true });
await build({ root, mode: 'lib', logLevel: 'warn' });
execFileSync('npx', ['tsc', '-p', 'config/tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
  shell: process.platform === 'win32',
});
rewriteSpecifiers();
// The command `sluice`: two entries beside each other, since the one starts the other as a thread.
await bundle({
  absWorkingDir: root,
  entryPoints: ['src/sim/cli/main.ts', 'src/sim/cli/worker.ts'],
  outdir: 'dist/cli',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  logLevel: 'warning',
});
console.log('dist/ is built');
