import { STRATEGIES, STRATEGY_NAMES } from 'sluice/abr';
import { type LiveOptions, type Semantics, SYNTHETIC_KINDS, SYNTHETIC_NOTES } from 'sluice/sim';
import { element, make } from '../src/page-element.ts';
import type { FileKind, LabPlan, TraceSource } from './messages.ts';
import { seriesColour } from './plots.ts';

/** The form: what can be chosen, what was, and what the visitor brought. */
export interface LabChoices {
  /** A corpus of the fixture server: its name, and the addresses of its traces. */
  addCorpus(name: string, urls: readonly string[]): void;
  /** A file that the visitor brought, checked: a movie, or traces. One of the same name takes its place. */
  addFile(name: string, text: string, file: FileKind): void;
  /**
   * What is chosen now.
   *
   * @throws Error saying what is missing, for the visitor
   */
  plan(): LabPlan;
}

/** Chosen when the page opens: the field's default, its rival, and one that looks ahead. */
const FIRST_STRATEGIES: readonly string[] = ['throughput', 'bola', 'dynamic', 'robustMpc'];
const FIRST_NETWORKS: readonly string[] = ['cellular', 'train'];

interface NetworkChoice {
  readonly box: HTMLInputElement;
  readonly source: (count: number) => TraceSource;
}

/** Fills the form. */
export function labChoices(): LabChoices {
  const networks = element('networks', HTMLDivElement);
  const movies = element('movie', HTMLSelectElement);
  const sources: NetworkChoice[] = [];
  const movieTexts = new Map<string, string>();
  const traceTexts = new Map<string, string>();

  const addNetwork = (name: string, about: string, checked: boolean, source: (count: number) => TraceSource): void => {
    const { label, box } = choice(name, about, checked);
    networks.append(label);
    sources.push({ box, source });
  };
  for (const kind of SYNTHETIC_KINDS) {
    addNetwork(kind, SYNTHETIC_NOTES[kind], FIRST_NETWORKS.includes(kind), (count) => ({
      kind: 'synthetic',
      name: kind,
      network: kind,
      count,
    }));
  }
  const boxes = STRATEGY_NAMES.map((name) => {
    const { label, box } = choice(name, STRATEGIES[name].about, FIRST_STRATEGIES.includes(name));
    element('strategies', HTMLDivElement).append(label);
    return { name, box };
  });
  const colours = (): void => {
    const chosen = boxes.filter(({ box }) => box.checked);
    for (const { box } of boxes) box.style.removeProperty('--colour');
    for (const [slot, { box }] of chosen.entries()) box.style.setProperty('--colour', `var(${seriesColour(slot)})`);
  };
  element('strategies', HTMLDivElement).addEventListener('change', colours);
  colours();

  const chosenValue = (id: string): string => element(id, HTMLSelectElement).value;
  return {
    addCorpus(name, urls) {
      addNetwork(name, `recorded, ${urls.length} traces`, false, (count) => ({
        kind: 'remote',
        name,
        urls: urls.slice(0, count),
      }));
    },
    addFile(name, text, file) {
      if (file.kind === 'movie') {
        if (!movieTexts.has(name)) movies.append(new Option(name, name));
        movieTexts.set(name, text);
        movies.value = name;
        return;
      }
      if (!traceTexts.has(name)) {
        const about = `your own, ${file.traces === 1 ? 'one trace' : `${file.traces} traces`}`;
        addNetwork(name, about, true, () => ({ kind: 'text', name, text: traceTexts.get(name) ?? '' }));
      }
      traceTexts.set(name, text);
    },
    plan() {
      const count = Number(chosenValue('count'));
      const chosen = sources.filter(({ box }) => box.checked).map(({ source }) => source(count));
      if (chosen.length === 0) throw new Error('Choose at least one network.');
      const strategies = boxes.filter(({ box }) => box.checked).map(({ name }) => name);
      if (strategies.length === 0) throw new Error('Choose at least one strategy.');
      const movie = chosenValue('movie');
      const text = movieTexts.get(movie);
      return {
        sources: chosen,
        strategies,
        movie: text === undefined ? null : { name: movie, text },
        segmentDuration: text === undefined ? Number(movie) : 0,
        settings: {
          semantics: chosenValue('semantics') as Semantics,
          maxBuffer: Number(chosenValue('buffer')),
          abandonment: element('abandonment', HTMLInputElement).checked,
          live: liveOptions(Number(chosenValue('live'))),
        },
      };
    },
  };
}

/** The select's 0 is on demand. */
function liveOptions(targetLatency: number): LiveOptions | null {
  return targetLatency === 0 ? null : { targetLatency };
}

function choice(name: string, about: string, checked: boolean): { label: HTMLLabelElement; box: HTMLInputElement } {
  const label = make('label', 'choice');
  const box = make('input');
  box.type = 'checkbox';
  box.checked = checked;
  label.title = about;
  label.append(box, make('span', '', name), make('small', '', about));
  return { label, box };
}
