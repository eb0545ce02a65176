/** One tree of a {@link Forest}, node by node: `left` of node n is n + 1. `feature[n]` is −1 for a leaf, whose value is `threshold[n]`. */
export interface Tree {
  readonly feature: Int8Array;
  readonly threshold: Float64Array;
  readonly right: Int16Array;
}

/** A random forest as ITU-T P.1203.3 uses it; made by {@link parseForestCsv}. */
export interface Forest {
  readonly trees: readonly Tree[];
}

/** Features that the standard's trees look at. */
const FEATURES = 14;
/** Nodes that a tree may have: the standard's have about a hundred. */
const MOST_NODES = 10_000;

interface Row {
  readonly id: number;
  readonly feature: number;
  readonly value: number;
  readonly left: number;
  readonly right: number;
}

function parseRow(line: string, where: string): Row {
  const numbers = line.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const [id = Number.NaN, feature = Number.NaN, value = Number.NaN, left = Number.NaN, right = Number.NaN] = numbers;
  const whole = Number.isInteger(id) && Number.isInteger(feature);
  if (numbers.length < 5 || !whole || !Number.isFinite(value) || feature < -1 || feature >= FEATURES) {
    throw new TypeError(
      `${where} must be "id, feature -1…${FEATURES - 1}, value, left, right", got ${line.slice(0, 60)}`,
    );
  }
  return { id, feature, value, left, right };
}

function parseTree(text: string, name: string): Tree {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0 || lines.length > MOST_NODES) {
    throw new TypeError(`${name} must have 1…${MOST_NODES} rows, got ${lines.length}`);
  }
  const feature = new Int8Array(lines.length);
  const threshold = new Float64Array(lines.length);
  const right = new Int16Array(lines.length);
  for (const [index, line] of lines.entries()) {
    const where = `${name}, row ${index + 1},`;
    const row = parseRow(line, where);
    if (row.id !== index) throw new TypeError(`${where} must have id ${index}, got ${row.id}`);
    if (
      row.feature >= 0 &&
      !(row.left === index + 1 && Number.isInteger(row.right) && row.right > index && row.right < lines.length)
    ) {
      throw new TypeError(
        `${where} must go left to ${index + 1} and right to a later row, got ${row.left} and ${row.right}`,
      );
    }
    feature[index] = row.feature;
    threshold[index] = row.value;
    right[index] = row.right;
  }
  return { feature, threshold, right };
}

/**
 * The random forest of ITU-T P.1203.3 from its tree files. The trees may not be redistributed, so they are yours to
 * bring: one text for each tree, rows of `id, feature, threshold or value, left, right`, feature −1 for a leaf.
 *
 * @param texts the files, in any order: the forest's answer is the mean of its trees
 * @throws TypeError naming tree and row if a text is no tree
 */
export function parseForestCsv(texts: readonly string[]): Forest {
  if (texts.length === 0) throw new TypeError('texts must hold at least one tree, got none');
  return { trees: texts.map((text, index) => parseTree(text, `tree ${index + 1}`)) };
}

/** What the forest says of these features: the mean of its trees. */
export function askForest({ trees }: Forest, features: readonly number[]): number {
  let sum = 0;
  for (const { feature, threshold, right } of trees) {
    let node = 0;
    for (let asked = feature[node] ?? -1; asked >= 0; asked = feature[node] ?? -1) {
      node = (features[asked] ?? 0) < (threshold[node] ?? 0) ? node + 1 : (right[node] ?? 0);
    }
    sum += threshold[node] ?? 0;
  }
  return sum / trees.length;
}
