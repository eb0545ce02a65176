/** How dear an entry is when a cap is reached: 0 goes first, 3 last; 4 is for what tells of the others' loss. */
export type Rank = 0 | 1 | 2 | 3 | 4;

/**
 * One line on its way to a server. (`stream`, `seq`) names it for ever, so that whoever gets it twice knows; `text` is what
 * goes over the wire; `recordedAt` is ms since the epoch.
 */
export interface Entry {
  readonly stream: string;
  readonly seq: number;
  readonly text: string;
  readonly rank: Rank;
  readonly recordedAt: number;
}

/** What names an entry. */
export type EntryKey = Pick<Entry, 'stream' | 'seq'>;

/** The name as one string, for maps. */
export const keyOf = ({ stream, seq }: EntryKey): string => `${seq}:${stream}`;

/** Bytes of an entry on the wire, its line end included; counted exactly where it is not ASCII. */
export function bytesOf({ text }: Pick<Entry, 'text'>): number {
  let bytes = text.length + 1;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2;
  }
  return bytes;
}
