/**
 * The element with this id.
 *
 * @throws Error if the page has none of this kind
 */
export function element<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page must have a ${kind.name} with id "${id}"`);
  return found;
}

/** Any element with this id; for custom elements, whose class comes later. */
export const anyElement = (id: string): HTMLElement => element(id, HTMLElement);

/** Writes text only where it is another one, so that nothing is laid out again for nothing. */
export function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** A new element with a class and text. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  text = '',
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className !== '') made.className = className;
  if (text !== '') made.textContent = text;
  return made;
}
