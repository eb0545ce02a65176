/**
 * Checks the built package as its users get it: `tsx scripts/check-package.ts [--report FILE] [--update-api]`.
 * Exports and types by publint and are-the-types-wrong, the public surface against the reports in api/, sizes against
 * config/size-budget.json, import in Node, tree-shaking, and a fresh Vite + TypeScript app with the packed tarball
 * that type-checks and plays through both engines.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { Extractor, ExtractorConfig, ExtractorLogLevel, type ExtractorMessage } from '@microsoft/api-extractor';
import { build as bundle } from 'esbuild';
import { playInFreshApp } from './fresh-app.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const args = process.argv.slice(2);
const updateApi = args.includes('--update-api');
const report = args.includes('--report') ? args[args.indexOf('--report') + 1] : undefined;

/** Entry points by name, `index` for ".". */
const entries = Object.keys(manifest.exports)
  .filter((key) => key !== './package.json')
  .map((key) => (key === '.' ? 'index' : key.slice(2)));

const typesOf = (entry: string): string => join(root, manifest.exports[entry === 'index' ? '.' : `./${entry}`].types);

async function npx(...command: string[]): Promise<string> {
  const { stdout, stderr } = await run('npx', command, { cwd: root, maxBuffer: 1e8 }).catch((error) => {
    throw new Error(`${command.join(' ')}\n${error.stdout}\n${error.stderr}`);
  });
  return stdout + stderr;
}

/** The entry as an application would ship it; engines stay outside. */
async function bundled(code: string): Promise<string> {
  const { outputFiles } = await bundle({
    stdin: { contents: code, resolveDir: root, loader: 'js' },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    splitting: true,
    outdir: 'out',
    external: ['hls.js', 'shaka-player', 'shaka-player/*', 'node:*'],
    logLevel: 'silent',
  });
  // The first output is the entry; chunks that it imports statically count, those it imports on demand do not.
  const [entry] = outputFiles;
  const chunks = outputFiles.slice(1).filter(({ path }) => {
    const name = path.split('/').at(-1) ?? '';
    return new RegExp(`(from|import)\\s*["']\\./${name.replaceAll('.', '\\.')}`).test(entry?.text ?? '');
  });
  return [entry, ...chunks].map((file) => file?.text ?? '').join('\n');
}

async function checkSizes(): Promise<string> {
  const budget: Record<string, number> = JSON.parse(readFileSync(join(root, 'config/size-budget.json'), 'utf8'));
  const lines: string[] = [];
  for (const entry of entries) {
    const path = `./dist/${entry}.js`;
    const size = gzipSync(await bundled(`export * from ${JSON.stringify(path)}`), { level: 9 }).length;
    const limit = budget[entry];
    if (limit === undefined) throw new Error(`config/size-budget.json has no budget for "${entry}"`);
    if (size > limit) throw new Error(`${entry} is ${size} bytes gzip, over its budget of ${limit}`);
    lines.push(`${entry} ${size}/${limit}`);
  }
  return `bytes gzip: ${lines.join(', ')}`;
}

async function checkTreeShaking(): Promise<string> {
  const nothing = await bundled(`import './dist/index.js'`);
  if (nothing.trim().length > 100) throw new Error(`an unused import leaves ${nothing.length} bytes behind`);
  const one = await bundled(`export { percentileOf } from './dist/abr.js'`);
  if (one.length > 1000) throw new Error(`importing percentileOf alone costs ${one.length} bytes`);
  return `unused import ${nothing.trim().length} bytes, one function ${one.length} bytes`;
}

const isExport = ({ text, properties }: ExtractorMessage): boolean => text.includes(`"${properties.exportName}"`);

async function checkApi(): Promise<string> {
  const changed: string[] = [];
  for (const entry of entries) {
    const config = ExtractorConfig.prepare({
      configObjectFullPath: join(root, 'api', 'api-extractor.json'),
      packageJsonFullPath: join(root, 'package.json'),
      configObject: {
        projectFolder: root,
        mainEntryPointFilePath: typesOf(entry),
        compiler: {
          overrideTsconfig: {
            compilerOptions: {
              lib: ['ES2023', 'DOM'],
              moduleResolution: 'bundler',
              module: 'esnext',
              target: 'es2022',
              skipLibCheck: true,
              types: [],
            },
            include: ['dist/types/**/*.d.ts'],
          },
        },
        apiReport: {
          enabled: true,
          reportFileName: `${entry}.api.md`,
          reportFolder: join(root, 'api'),
          reportTempFolder: join(root, '.cache', 'api'),
        },
        docModel: { enabled: false },
        dtsRollup: { enabled: false },
        tsdocMetadata: { enabled: false },
        messages: {
          compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
          extractorMessageReporting: {
            default: { logLevel: ExtractorLogLevel.None },
            'ae-undocumented': { logLevel: ExtractorLogLevel.Error },
            'ae-forgotten-export': { logLevel: ExtractorLogLevel.None },
          },
          tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        },
      },
    });
    const result = Extractor.invoke(config, {
      localBuild: updateApi,
      showVerboseMessages: false,
      messageCallback(message) {
        // Every exported name has a sentence of its own; members are documented where their name does not say it.
        const member = message.messageId === 'ae-undocumented' && !isExport(message);
        if (member || message.logLevel !== ExtractorLogLevel.Error) message.handled = true;
        if (member) message.logLevel = ExtractorLogLevel.None;
      },
    });
    if (result.errorCount > 0) throw new Error(`${entry}: ${result.errorCount} errors in the public surface`);
    if (result.apiReportChanged && !updateApi) changed.push(entry);
  }
  if (changed.length > 0) {
    throw new Error(
      `the public surface of ${changed.join(', ')} changed: look at it, then "npm run api" and commit api/`,
    );
  }
  return `${entries.length} reports as committed`;
}

async function checkNodeImport(): Promise<string> {
  const names = entries.map((entry) => (entry === 'index' ? manifest.name : `${manifest.name}/${entry}`));
  const code = `for (const name of ${JSON.stringify(names)}) { const m = await import(name); if (Object.keys(m).length === 0) throw new Error(name + ' exports nothing'); }`;
  await run(process.execPath, ['--input-type=module', '-e', code], { cwd: root });
  return `${names.join(', ')} import in Node ${process.versions.node}`;
}

const checks: readonly (readonly [string, () => Promise<string>])[] = [
  ['publint', async () => (await npx('publint', '--strict')).trim().split('\n').at(-1) ?? ''],
  // The package is ES modules only, for bundlers and Node 20: `require` and the old node10 resolution are no goal.
  [
    'are-the-types-wrong',
    async () => (await npx('attw', '--pack', '.', '--profile', 'esm-only', '--format', 'ascii')) && 'no problems',
  ],
  ['API report', checkApi],
  ['size budget', checkSizes],
  ['tree-shaking', checkTreeShaking],
  ['import in Node', checkNodeImport],
  [
    'fresh Vite + TypeScript app',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'sluice-app-'));
      try {
        return await playInFreshApp(root, folder);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  ],
];

mkdirSync(join(root, '.cache', 'api'), { recursive: true });
const counts = { passed: 0, failed: 0, skipped: 0 };
for (const [name, check] of updateApi ? checks.slice(2, 3) : checks) {
  try {
    console.log(`✓ ${name}: ${await check()}`);
    counts.passed += 1;
  } catch (error) {
    console.error(`✗ ${name}: ${error instanceof Error ? error.message : error}`);
    counts.failed += 1;
  }
}
if (report) writeFileSync(report, JSON.stringify(counts));
process.exit(counts.failed === 0 ? 0 : 1);
