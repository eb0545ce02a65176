// `npm test`: installs what is missing, then proves everything. Ends with one line: N passed, N failed[, N skipped].
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureChromium, ensureDependencies, ROOT, run } from './ensure.mjs';

const CACHE = join(ROOT, '.cache', 'test');
const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];

function count(name, { passed, failed, skipped = 0 }) {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  if (failed > 0) failures.push(name);
}

/** A step that passes or fails as a whole. */
function step(name, command, args, options) {
  console.log(`\n── ${name} ──`);
  const code = run(command, args, options);
  count(name, code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });
  return code === 0;
}

/** A step with a runner of its own: counts are read from its JSON report; none, or no test run, is a failure. */
function suite(name, report, read, command, args, options = {}) {
  console.log(`\n── ${name} ──`);
  rmSync(report, { force: true });
  const code = run(command, args, options);
  const counts = existsSync(report) ? read(JSON.parse(readFileSync(report, 'utf8'))) : { passed: 0, failed: 1 };
  const none = counts.passed + counts.failed === 0;
  count(name, { ...counts, failed: Math.max(counts.failed, code !== 0 || none ? 1 : 0) });
}

const vitestCounts = (report) => ({
  passed: report.numPassedTests,
  failed:
    report.numFailedTests +
    (report.success ? 0 : report.numFailedTestSuites > 0 && report.numFailedTests === 0 ? 1 : 0),
  skipped: report.numPendingTests + report.numTodoTests,
});

const playwrightCounts = ({ stats }) => ({
  passed: stats.expected + stats.flaky,
  failed: stats.unexpected,
  skipped: stats.skipped,
});

const packageCounts = (report) => report;

mkdirSync(CACHE, { recursive: true });
ensureDependencies();
const only = process.argv.slice(2);
const wanted = (name) => only.length === 0 || only.includes(name);

if (wanted('types')) step('types', 'npx', ['tsc', '-b']);
if (wanted('lint')) step('lint', 'npx', ['biome', 'check', '--error-on-warnings']);
if (wanted('unit')) {
  const report = join(CACHE, 'unit.json');
  suite('unit', report, vitestCounts, 'npx', [
    'vitest',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
}
if (wanted('package') || wanted('e2e')) {
  const chromium = await ensureChromium();
  const env = { ...process.env, ...(chromium ? { SLUICE_CHROMIUM: chromium } : {}) };
  if (!chromium) count('Chromium', { passed: 0, failed: 1 });
  if (wanted('package') && step('build', 'npx', ['tsx', 'scripts/build.ts'])) {
    const report = join(CACHE, 'package.json');
    suite('package', report, packageCounts, 'npx', ['tsx', 'scripts/check-package.ts', '--report', report], { env });
  }
  if (wanted('e2e') && chromium) {
    const report = join(CACHE, 'e2e.json');
    suite('e2e', report, playwrightCounts, 'npx', ['playwright', 'test', '--reporter=list,json'], {
      env: { ...env, PLAYWRIGHT_JSON_OUTPUT_NAME: report },
    });
  }
}

if (failures.length > 0) console.log(`\nFailed: ${failures.join(', ')}`);
console.log(`\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
