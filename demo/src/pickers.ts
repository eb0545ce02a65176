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
      for (const { name, select } of selects) select.value = state[name];
      cap.checked = state.cap;
      const engine = ENGINES.find(({ name }) => name === state.engine);
      const strategy = STRATEGIES.find(({ name }) => name === state.strategy);
      const chooses = state.engine === 'native' ? '' : `: ${strategy?.about}`;
      setText(about, `${engine?.about}${chooses}.`);
    },
  };
}
