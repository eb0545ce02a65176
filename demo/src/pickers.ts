import { type Choice, ENGINES, NETWORKS, PRESENTATIONS, STRATEGIES } from './catalogue.ts';
import { anyElement, element, setText } from './page-element.ts';
import type { PageState } from './page-state.ts';

/** The pickers above the player. */
export interface Pickers {
  /** Shows a state. */
  show(state: PageState): void;
}

type Picked = 'presentation' | 'engine' | 'strategy' | 'network';

const CHOICES: Readonly<Record<Picked, readonly Choice[]>> = {
  presentation: PRESENTATIONS,
  engine: ENGINES,
  strategy: STRATEGIES,
  network: NETWORKS,
};

/** Binds them; `change` hears what was picked. */
export function createPickers(change: (part: Partial<PageState>) => void): Pickers {
  const about = anyElement('about');
  const cap = element('cap', HTMLInputElement);
  const selects = Object.entries(CHOICES).map(([name, choices]) => {
    const select = element(name, HTMLSelectElement);
    select.append(...choices.map((choice) => new Option(choice.label, choice.name)));
    select.addEventListener('change', () => change({ [name]: select.value }));
    return { name: name as Picked, select, choices };
  });
  cap.addEventListener('change', () => change({ cap: cap.checked }));
  anyElement('pickers').addEventListener('submit', (event) => event.preventDefault());

  return {
    show(state) {
      for (const { name, select, choices } of selects) {
        select.value = state[name];
        select.title = choices.find((choice) => choice.name === state[name])?.about ?? '';
        // The browser's own player asks no strategy.
        if (name === 'strategy') select.disabled = state.engine === 'native';
      }
      cap.checked = state.cap;
      const strategy = STRATEGIES.find(({ name }) => name === state.strategy);
      const chosen = `${strategy?.label}: ${strategy?.about}.`;
      const text =
        state.engine === 'native' ? 'The browser plays HLS and decides by itself; no strategy is asked.' : chosen;
      setText(about, text);
      about.title = text;
    },
  };
}
