/** An element of an XML document: names without their prefix, text of its own only. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | undefined>>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

interface OpenElement extends XmlElement {
  readonly children: XmlElement[];
  text: string;
}

/**
 * The root of an XML document, as far as DASH manifests need it: elements, attributes, text, CDATA and the five named entities.
 * No document type is read, so nothing can be fetched or blown up through one.
 *
 * @throws SyntaxError where elements do not nest
 */
export function parseXml(document: string): XmlElement {
  const root: OpenElement = { name: '', attributes: {}, children: [], text: '' };
  const open: OpenElement[] = [root];
  const pattern =
    /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<!DOCTYPE[^>]*>|<\/([^\s>]+)\s*>|<([^\s/>]+)((?:[^>"']|"[^"]*"|'[^']*')*?)(\/?)>|([^<]+)/g;
  for (const [, cdata, closed, opened, attributes = '', empty, text] of document.matchAll(pattern)) {
    const inside = open.at(-1) as OpenElement;
    if (cdata !== undefined) inside.text += cdata;
    else if (text !== undefined) inside.text += decode(text);
    else if (opened !== undefined) {
      const element: OpenElement = {
        name: local(opened),
        attributes: attributesOf(attributes),
        children: [],
        text: '',
      };
      inside.children.push(element);
      if (empty === '') open.push(element);
    } else if (closed !== undefined) {
      if (inside.name !== local(closed) || open.length === 1) {
        throw new SyntaxError(`</${closed}> closes ${inside.name === '' ? 'nothing' : `<${inside.name}>`}`);
      }
      open.pop();
    }
  }
  const [first] = root.children;
  if (first === undefined || open.length > 1) {
    throw new SyntaxError(first === undefined ? 'it has no element' : `<${open.at(-1)?.name}> is not closed`);
  }
  return first;
}

/** Children of an element by their name. */
export function childrenOf(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function decode(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex?: string, decimal?: string, name = '') => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return ENTITIES[name] ?? whole;
  });
}

function attributesOf(text: string): Record<string, string> {
  const pairs = text.matchAll(/([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g);
  return Object.fromEntries(
    [...pairs].map(([, name = '', double, single]) => [local(name), decode(double ?? single ?? '')]),
  );
}

const local = (name: string): string => name.slice(name.indexOf(':') + 1);
