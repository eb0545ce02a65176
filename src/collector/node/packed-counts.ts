/** Counts by bucket as one text: a JSON list of bucket, count, bucket, count…, ascending; counts of 0 are left out. */
export function packCounts(counts: ReadonlyMap<number, number>): string {
  const pairs = [...counts].filter(([, count]) => count !== 0).sort(([a], [b]) => a - b);
  return JSON.stringify(pairs.flat());
}

/** Reads what {@link packCounts} wrote. */
export function unpackCounts(packed: string): Map<number, number> {
  const flat = JSON.parse(packed) as readonly number[];
  const counts = new Map<number, number>();
  for (let at = 0; at + 1 < flat.length; at += 2) counts.set(flat[at] ?? 0, flat[at + 1] ?? 0);
  return counts;
}
