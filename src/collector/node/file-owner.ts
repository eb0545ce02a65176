import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** When a process started, in whatever unit the system has; null where it does not say. */
function startOf(pid: number): string | null {
  try {
    // Field 22 of the process's state, counted after the name in brackets: clock ticks since the system started.
    return (
      readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[19] ?? null
    );
  } catch {
    return null;
  }
}

function isAlive(pid: number, start: string | null): boolean {
  try {
    process.kill(pid, 0);
  } catch (failure) {
    if ((failure as { code?: unknown }).code === 'ESRCH') return false;
  }
  // Numbers of processes come round again: it is the same one only if it started when it says.
  return startOf(pid) === start;
}

const read = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

/**
 * Makes this process the only owner of a file, by a note beside it (`….owner`) that names the process. A note of a process
 * that is no more, killed for instance, is taken over.
 *
 * @returns gives the file up
 * @throws Error if another living process, or this one, owns it
 */
export function ownFile(file: string): () => void {
  const note = `${file}.owner`;
  const own = JSON.stringify({ pid: process.pid, start: startOf(process.pid) });
  for (let attempt = 0; attempt < 5; attempt += 1) {
    try {
      writeFileSync(note, own, { flag: 'wx' });
      return () => {
        if (read(note) === own) rmSync(note, { force: true });
      };
    } catch (failure) {
      if ((failure as { code?: unknown }).code !== 'EEXIST') throw failure;
    }
    takeAway(note, file);
  }
  throw new Error(`${file} could not be owned: others keep trying to`);
}

/** Takes a note away if its process is gone. */
function takeAway(note: string, file: string): void {
  const text = read(note);
  if (text === null) return;
  let owner: { pid?: unknown; start?: unknown } = {};
  try {
    owner = JSON.parse(text);
  } catch {
    // Cut off in the writing: nobody got as far as owning the file.
  }
  if (typeof owner.pid === 'number' && isAlive(owner.pid, typeof owner.start === 'string' ? owner.start : null)) {
    throw new Error(`${file} is in use by process ${owner.pid}`);
  }
  const aside = `${note}.${process.pid}`;
  try {
    renameSync(note, aside);
  } catch {
    return;
  }
  // Somebody else may have taken over in between; then it is theirs.
  if (read(aside) === text) rmSync(aside, { force: true });
  else renameSync(aside, note);
}
