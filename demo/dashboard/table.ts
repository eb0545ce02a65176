import { make } from '../src/page-element.ts';

/** A column: what stands in its head, what in each of its cells. Strings go in as text, whatever they hold. */
export interface Column<T> {
  readonly title: string;
  readonly number?: boolean;
  /** Long text: cut off where it does not fit and told in full to the pointer, or wrapped. */
  readonly wide?: boolean;
  readonly wrap?: boolean;
  readonly cell: (row: T) => string | Node;
}

/** A table; `empty` stands there when it has no rows. */
export function table<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  empty: string,
  caption: string,
): HTMLElement {
  const box = make('div', 'table-box');
  if (rows.length === 0) {
    box.append(make('p', 'empty', empty));
    return box;
  }
  box.tabIndex = 0;
  box.setAttribute('role', 'region');
  box.setAttribute('aria-label', caption);
  const made = make('table');
  made.append(make('caption', 'visually-hidden', caption));
  const classOf = ({ number, wide, wrap }: Column<T>): string =>
    [number ? 'number' : '', wide ? 'wide' : '', wrap ? 'wrap' : ''].filter(Boolean).join(' ');
  const head = make('tr');
  for (const column of columns) {
    const cell = make('th', classOf(column), column.title);
    cell.scope = 'col';
    head.append(cell);
  }
  const body = make('tbody');
  for (const row of rows) {
    const line = make('tr');
    for (const column of columns) {
      const cell = make('td', classOf(column));
      const content = column.cell(row);
      cell.append(content);
      if (column.wide && typeof content === 'string') cell.title = content;
      line.append(cell);
    }
    body.append(line);
  }
  const top = make('thead');
  top.append(head);
  made.append(top, body);
  box.append(made);
  return box;
}

/** A card with a head and a note beside it. */
export function card(title: string, note: string, ...content: readonly (string | Node)[]): HTMLElement {
  const section = make('section', 'card');
  const head = make('div', 'card-head');
  head.append(make('h2', '', title), make('p', 'card-note', note));
  section.append(head, ...content);
  return section;
}
