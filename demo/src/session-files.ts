import type { PlaybackEvent } from 'sluice';
import { parseNdjson } from 'sluice/qoe';
import { anyElement, element } from './page-element.ts';

/** A session read from a file. */
export interface ImportedSession {
  readonly name: string;
  readonly events: readonly PlaybackEvent[];
}

/** Parts of {@link bindSessionFiles}: the session to save, and who hears of one that came or could not be read. */
export interface SessionFileOptions {
  readonly exported: () => { readonly name: string; readonly text: string } | null;
  readonly imported: (session: ImportedSession) => void;
  readonly refused: (message: string) => void;
}

/** Binds the buttons that save and open a session, and dropping a file anywhere on the page. */
export function bindSessionFiles({ exported, imported, refused }: SessionFileOptions): void {
  const input = element('import', HTMLInputElement);
  const drop = anyElement('drop');

  const open = async (file: File): Promise<void> => {
    try {
      const events = parseNdjson(await file.text());
      if (events.length === 0) throw new TypeError('the file holds no facts');
      imported({ name: file.name, events });
    } catch (failure) {
      refused(`${file.name} is not a session: ${failure instanceof Error ? failure.message : failure}`);
    }
  };

  element('export', HTMLButtonElement).addEventListener('click', () => {
    const session = exported();
    if (session === null) refused('there is no session to export yet');
    else save(session.name, session.text);
  });
  input.addEventListener('change', () => {
    const [file] = input.files ?? [];
    if (file) void open(file);
    input.value = ''; // the same file may be chosen again
  });

  const carriesFile = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
  document.addEventListener('dragover', (event) => {
    if (!carriesFile(event)) return;
    event.preventDefault();
    drop.hidden = false;
  });
  document.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) drop.hidden = true;
  });
  document.addEventListener('drop', (event) => {
    drop.hidden = true;
    const [file] = event.dataTransfer?.files ?? [];
    if (!file) return;
    event.preventDefault();
    void open(file);
  });
}

function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/x-ndjson' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download reads the URL after the click returns.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
