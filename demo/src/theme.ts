import { element } from './page-element.ts';

type Theme = 'dark' | 'light';

const KEY = 'sluice-theme';

/** What was chosen on an earlier visit; null where nothing was, or storage is closed to the page. */
function remembered(): Theme | null {
  try {
    const theme = localStorage.getItem(KEY);
    return theme === 'dark' || theme === 'light' ? theme : null;
  } catch {
    return null;
  }
}

function remember(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Only this visit, then.
  }
}

/**
 * Dark or light: as the query says, else as chosen before, else as the system has it. The button chooses the other one.
 * `changed` is told after the page has its new colours.
 */
export function bindTheme(asked: Theme | null, changed: () => void): void {
  const button = element('theme', HTMLButtonElement);
  const system = matchMedia('(prefers-color-scheme: light)');
  let chosen = asked ?? remembered();

  const inForce = (): Theme => chosen ?? (system.matches ? 'light' : 'dark');
  const apply = (): void => {
    document.documentElement.dataset.theme = inForce();
    button.setAttribute('aria-label', `Switch to the ${inForce() === 'dark' ? 'light' : 'dark'} theme`);
    changed();
  };
  button.addEventListener('click', () => {
    chosen = inForce() === 'dark' ? 'light' : 'dark';
    remember(chosen);
    apply();
  });
  system.addEventListener('change', apply);
  apply();
}
