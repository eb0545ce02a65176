/**
 * A text spread evenly over 0…1, the same everywhere and always: FNV-1a over its UTF-16 units, its bits then mixed as
 * MurmurHash3 does at the end, for FNV alone leaves texts that differ in their last character close together.
 *
 * @see http://www.isthe.com/chongo/tech/comp/fnv/
 */
export function unitHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
