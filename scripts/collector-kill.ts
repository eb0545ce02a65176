/**
 * `tsx scripts/collector-kill.ts [--events 1000000] [--kills 25] [--seed 1] [--file FILE]`: sends facts to a collector that
 * is killed with SIGKILL at random and started again, then compares its file with what it acknowledged, fact by fact.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { killTrial } from '../src/collector/node/kill-trial.ts';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    kills: { type: 'string', default: '25' },
    seed: { type: 'string', default: '1' },
    file: { type: 'string' },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'sluice-kill-'));
const result = await killTrial({
  events: Number(values.events),
  kills: Number(values.kills),
  seed: Number(values.seed),
  file: values.file ?? join(folder, 'collector.db'),
  say: (line) => console.log(line),
}).finally(() => rmSync(folder, { recursive: true, force: true }));
console.log(result);
const good =
  result.held === result.sent && result.lost + result.double + result.changed === 0 && result.integrity === 'ok';
console.log(good ? 'Every acknowledged fact is there, once, as it was sent.' : 'FAILED');
process.exit(good ? 0 : 1);
