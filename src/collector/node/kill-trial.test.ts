import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { killTrial } from './kill-trial.ts';

it('holds every fact it acknowledged exactly once, killed in the middle of its work and started again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-kill-'));
  try {
    const result = await killTrial({ events: 12_000, kills: 3, file: join(folder, 'collector.db'), seed: 1 });
    expect(result).toMatchObject({ held: result.sent, lost: 0, double: 0, changed: 0, integrity: 'ok', kills: 4 });
    expect(result.sent).toBeGreaterThan(12_000);
    expect(result.unanswered).toBeGreaterThan(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);
