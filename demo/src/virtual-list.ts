import { make } from './page-element.ts';

/** A long list, newest first, of which only the rows in sight exist. */
export interface VirtualList {
  /** Draws `count` items, of which the newest is number count - 1; `reset` says that they are others than before. */
  draw(count: number, reset: boolean): void;
  /** Marks the item, and brings it into sight where `reveal` says so; -1 is none. */
  mark(item: number, reveal: boolean): void;
  /** Draws again as it stands: what the rows say has changed. */
  refresh(): void;
}

/** How the items look and what choosing one does. */
export interface VirtualListOptions {
  /** Fills the row with an item; rows are used again and again. */
  readonly fill: (row: HTMLElement, item: number) => void;
  readonly choose: (item: number) => void;
}

/** Rows drawn beyond the edges. */
const MARGIN = 4;

/**
 * Rows have one height, `--row-height` of the element, and never move: new items change what rows say. Nothing shifts
 * while data arrives. One tab stop; arrows, Page, Home and End move the mark.
 */
export function createVirtualList(list: HTMLElement, { fill, choose }: VirtualListOptions): VirtualList {
  const spacer = make('div', 'log-spacer');
  spacer.setAttribute('role', 'presentation');
  list.append(spacer);
  const rows: HTMLElement[] = [];
  let rowHeight = 36;
  let count = 0;
  let marked = -1;

  /** Position from the top; the newest stands first. */
  const placeOf = (item: number): number => count - 1 - item;

  const rowNumber = (index: number): HTMLElement => {
    const known = rows[index];
    if (known) return known;
    const row = make('div', 'log-row');
    row.setAttribute('role', 'option');
    row.id = `${list.id}-row-${index}`;
    spacer.append(row);
    rows[index] = row;
    return row;
  };

  const render = (): void => {
    const first = Math.max(Math.floor(list.scrollTop / rowHeight) - MARGIN, 0);
    const seen = Math.ceil(list.clientHeight / rowHeight) + 2 * MARGIN;
    const last = Math.min(first + seen, count);
    let active = '';
    for (let place = first; place < last; place++) {
      const item = count - 1 - place;
      // The row of a place is always the same one while it is in sight.
      const row = rowNumber(place % seen);
      row.hidden = false;
      row.style.top = `${place * rowHeight}px`;
      row.setAttribute('aria-posinset', String(place + 1));
      row.setAttribute('aria-setsize', String(count));
      row.setAttribute('aria-selected', String(item === marked));
      row.dataset.item = String(item);
      if (item === marked) active = row.id;
      fill(row, item);
    }
    const used = new Set(Array.from({ length: Math.max(last - first, 0) }, (_, offset) => (first + offset) % seen));
    rows.forEach((row, index) => {
      if (!used.has(index)) row.hidden = true;
    });
    if (active === '') list.removeAttribute('aria-activedescendant');
    else list.setAttribute('aria-activedescendant', active);
  };

  const reveal = (item: number): void => {
    const top = placeOf(item) * rowHeight;
    if (top < list.scrollTop) list.scrollTop = top;
    else if (top + rowHeight > list.scrollTop + list.clientHeight) list.scrollTop = top + rowHeight - list.clientHeight;
  };

  const move = (to: number): void => {
    if (count === 0) return;
    const item = count - 1 - Math.min(Math.max(to, 0), count - 1);
    marked = item;
    reveal(item);
    render();
    choose(item);
  };

  list.addEventListener('keydown', (event) => {
    const place = marked < 0 ? -1 : placeOf(marked);
    const page = Math.max(Math.floor(list.clientHeight / rowHeight) - 1, 1);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: place + 1,
      ArrowUp: place - 1,
      PageDown: place + page,
      PageUp: place - page,
      Home: 0,
      End: count - 1,
    };
    const to = steps[event.key];
    if (to === undefined) return;
    event.preventDefault();
    move(to);
  });
  list.addEventListener('click', (event) => {
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-item]') : null;
    if (row) move(placeOf(Number(row.dataset.item)));
  });
  list.addEventListener('scroll', render, { passive: true });
  new ResizeObserver(() => {
    rowHeight = Number.parseFloat(getComputedStyle(list).getPropertyValue('--row-height')) || 36;
    spacer.style.height = `${count * rowHeight}px`;
    render();
  }).observe(list);

  return {
    draw(newCount, reset) {
      const added = newCount - count;
      count = newCount;
      spacer.style.height = `${count * rowHeight}px`;
      list.classList.toggle('empty', count === 0);
      if (reset) {
        marked = -1;
        list.scrollTop = 0;
      } else if (added > 0 && list.scrollTop > 0) list.scrollTop += added * rowHeight; // what is read stays in sight
      render();
    },
    mark(item, toReveal) {
      if (item === marked) return;
      marked = item;
      if (toReveal && item >= 0 && item < count) reveal(item);
      render();
    },
    refresh: render,
  };
}
