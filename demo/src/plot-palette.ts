/** Colours of the plots, read off the custom properties of the page. */
export interface Palette {
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  readonly estimate: string;
  readonly delivered: string;
  readonly limit: string;
  readonly limitFill: string;
  readonly requested: string;
  readonly shown: string;
  readonly shownFill: string;
  readonly cap: string;
  readonly buffer: string;
  readonly bufferFill: string;
  readonly value: string;
  readonly quality: string;
  readonly stability: string;
  readonly startup: string;
  readonly buffering: string;
  readonly stallShade: string;
  readonly seekShade: string;
  readonly startupShade: string;
  readonly trouble: string;
  readonly font: string;
}

const PROPERTIES: Readonly<Record<keyof Palette, string>> = {
  text: '--text',
  muted: '--muted',
  grid: '--grid',
  estimate: '--estimate',
  delivered: '--delivered',
  limit: '--limit',
  limitFill: '--limit-fill',
  requested: '--requested',
  shown: '--shown',
  shownFill: '--shown-fill',
  cap: '--cap',
  buffer: '--buffer',
  bufferFill: '--buffer-fill',
  value: '--value',
  quality: '--quality',
  stability: '--stability',
  startup: '--startup',
  buffering: '--buffering',
  stallShade: '--stall-shade',
  seekShade: '--seek-shade',
  startupShade: '--startup-shade',
  trouble: '--trouble',
  font: '--plot-font',
};

/** As the theme in force has them. */
export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(
    Object.entries(PROPERTIES).map(([name, property]) => [name, style.getPropertyValue(property).trim()]),
  ) as unknown as Palette;
}
