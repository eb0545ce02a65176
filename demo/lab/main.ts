/** The lab page: strategies over many networks, simulated by a worker, plotted while it goes on. */
import { anyElement, element, setText } from '../src/page-element.ts';
import { bindTheme } from '../src/theme.ts';
import { labChoices } from './choices.ts';
import type { LabAnswer, LabPlan, LabRequest, LabRow } from './messages.ts';
import { labPlots } from './plots.ts';
import { type SessionOrder, showSessions, showSummary } from './results.ts';
import { sessionView } from './session-view.ts';

const fixtures = new URL(new URLSearchParams(location.search).get('fixtures') ?? location.origin).origin;

const choices = labChoices();
const view = sessionView();
const progress = element('progress', HTMLProgressElement);
const cancel = element('cancel', HTMLButtonElement);
const order = element('order', HTMLSelectElement);
let worker: Worker | null = null;
let plan: LabPlan | null = null;
let strategies: readonly string[] = [];
let rows: LabRow[] = [];
let running = false;
let startedAt = 0;

const say = (text: string): void => setText(anyElement('state'), text);

function complain(message: string): void {
  setText(anyElement('notice-text'), message);
  anyElement('notice').hidden = false;
}

function ask(request: LabRequest): void {
  worker?.postMessage(request);
}

const open = (row: LabRow): void => {
  if (plan === null) return;
  worker ??= startWorker();
  ask({ type: 'open', plan, row });
};

const plots = labPlots({
  scatter: element('scatter', HTMLCanvasElement),
  distribution: element('distribution', HTMLCanvasElement),
  chosen: open,
  pointedAt(row) {
    const text =
      row === null
        ? 'each dot is a session: choose one to open it'
        : `${row.strategy} on ${row.trace}: ${(row.averageBitrate / 1e6).toFixed(2)} Mbit/s, ${row.stallTime.toFixed(1)} s stalled`;
    setText(anyElement('scatter-note'), text);
  },
});

function setRunning(now: boolean): void {
  running = now;
  cancel.setAttribute('aria-disabled', String(!now));
}

function listSessions(): void {
  showSessions(rows, strategies, order.value as SessionOrder, open);
}

function hear(answer: LabAnswer): void {
  switch (answer.type) {
    case 'loaded':
      progress.max = answer.traces;
      say(`${answer.traces} traces, ${strategies.length} strategies.`);
      break;
    case 'rows': {
      rows.push(...answer.rows);
      plots.add(answer.rows);
      progress.value = answer.done;
      const speed = rows.length / ((performance.now() - startedAt) / 1000);
      say(`${answer.done} of ${answer.total} traces; ${rows.length} sessions, ${Math.round(speed)} a second.`);
      break;
    }
    case 'summary':
      showSummary(answer.summaries, strategies);
      listSessions();
      if (!answer.final) break;
      setRunning(false);
      setText(anyElement('answer-title'), 'The answer');
      break;
    case 'reach':
      view.showReach(answer.row, answer.share);
      break;
    case 'checked':
      break;
    case 'opened':
      view.show(answer.session, strategies.indexOf(answer.session.row.strategy));
      break;
    case 'failed':
      setRunning(false);
      say('Nothing more was played.');
      complain(answer.message);
  }
}

/** A worker of its own for whoever hears it; a question it was ended over stays unanswered. */
function startWorker(hearer: (answer: LabAnswer) => void = hear): Worker {
  const started = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  started.addEventListener('message', ({ data }: MessageEvent<LabAnswer>) => hearer(data));
  started.addEventListener('error', ({ message }) =>
    hearer({ type: 'failed', message: message || 'the worker failed' }),
  );
  return started;
}

function start(wanted: LabPlan): void {
  worker?.terminate();
  worker = startWorker();
  plan = wanted;
  strategies = plan.strategies;
  rows = [];
  startedAt = performance.now();
  progress.value = 0;
  plots.start(strategies);
  view.close();
  showSummary([], strategies);
  listSessions();
  setText(anyElement('answer-title'), 'The answer so far');
  setText(
    anyElement('answer-note'),
    `means with 95 % intervals over traces; ${strategies.length > 1 ? `differences to ${strategies[0]}, trace by trace` : 'choose a second strategy to compare'}`,
  );
  setRunning(true);
  // Where the results are below the form, they would come in unseen.
  if (matchMedia('(max-width: 1099px)').matches) anyElement('main').scrollIntoView();
  say('Loading.');
  ask({ type: 'run', plan });
}

element('setup', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  try {
    start(choices.plan());
  } catch (cause) {
    complain((cause as Error).message);
  }
});
cancel.addEventListener('click', () => {
  if (!running) return;
  worker?.terminate();
  worker = null;
  setRunning(false);
  say(`Cancelled after ${rows.length} sessions.`);
});
order.addEventListener('change', listSessions);
element('notice-close', HTMLButtonElement).addEventListener('click', () => {
  anyElement('notice').hidden = true;
});

async function addFiles(files: Iterable<File>): Promise<void> {
  const faults: string[] = [];
  for (const file of files) {
    const text = await file.text();
    const answer = await checked(file.name, text);
    if (answer.type === 'checked') choices.addFile(file.name, text, answer.file);
    else if (answer.type === 'failed') faults.push(answer.message);
  }
  if (faults.length > 0) complain(faults.join('\n'));
  else anyElement('notice').hidden = true;
}

/** What a file is, or what is wrong with it, told by a worker: reading a long one takes longer than a frame. */
function checked(name: string, text: string): Promise<LabAnswer> {
  return new Promise((resolve) => {
    const checker = startWorker((answer) => {
      checker.terminate();
      resolve(answer);
    });
    checker.postMessage({ type: 'check', name, text } satisfies LabRequest);
  });
}

const input = element('files', HTMLInputElement);
input.addEventListener('change', () => {
  void addFiles([...(input.files ?? [])]).then(() => {
    input.value = '';
  });
});
const drop = anyElement('drop');
addEventListener('dragover', (event) => {
  event.preventDefault();
  drop.hidden = false;
});
addEventListener('dragleave', ({ relatedTarget }) => {
  if (relatedTarget === null) drop.hidden = true;
});
addEventListener('drop', (event) => {
  event.preventDefault();
  drop.hidden = true;
  void addFiles(event.dataTransfer?.files ?? []);
});

/** What the fixture server has recorded: corpora, and single traces of its own. A page without one has the made-up networks. */
async function findCorpora(): Promise<void> {
  const response = await fetch(`${fixtures}/traces`).catch(() => null);
  if (response === null || !response.ok || !response.headers.get('content-type')?.includes('json')) return;
  const names = (await response.json()) as readonly string[];
  const corpora = new Map<string, string[]>();
  for (const name of names) {
    const corpus = name.includes('/') ? (name.split('/')[0] ?? '') : 'fixtures';
    const urls = corpora.get(corpus) ?? [];
    urls.push(`${fixtures}/traces/${name.split('/').map(encodeURIComponent).join('/')}`);
    corpora.set(corpus, urls);
  }
  for (const [name, urls] of corpora) choices.addCorpus(name, urls);
}

bindTheme(null, () => {
  plots.redraw();
  view.redraw();
});
void findCorpora();
