import { readFile } from 'node:fs/promises';
import { messageOf, UsageError } from './usage-error.ts';

/** Whether a name is an address on the web. */
export function isUrl(name: string): boolean {
  return /^https?:\/\//i.test(name);
}

/** Some editors begin files with a byte order mark. */
const withoutMark = (text: string): string => text.replace(/^\uFEFF/, '');

/**
 * The text of a file, or of what an address answers.
 *
 * @param what for the error: `trace file`
 * @throws UsageError naming the file
 */
export async function readText(what: string, name: string, signal?: AbortSignal): Promise<string> {
  try {
    if (!isUrl(name)) return withoutMark(await readFile(name, { encoding: 'utf8', signal }));
    const response = await fetch(name, { signal: signal ?? null });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return withoutMark(await response.text());
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new UsageError(`${what} '${name}' does not exist`, { cause });
    if (code === 'EISDIR') throw new UsageError(`${what} '${name}' is a folder`, { cause });
    if (code === 'EACCES') throw new UsageError(`${what} '${name}' may not be read by this user`, { cause });
    throw new UsageError(`${what} '${name}' cannot be read: ${messageOf(cause)}`, { cause });
  }
}
