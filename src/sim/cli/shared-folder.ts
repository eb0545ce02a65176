import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Where the public corpora and reference results are looked for: the variable SLUICE_SHARED, else `../shared` beside the checkout. */
export const SHARED_FOLDER: string =
  process.env.SLUICE_SHARED ?? join(import.meta.dirname, '..', '..', '..', '..', 'shared');

/** A file of the shared folder; null if this machine does not have it. */
export function sharedFile(...path: string[]): string | null {
  const file = join(SHARED_FOLDER, ...path);
  return existsSync(file) ? file : null;
}
