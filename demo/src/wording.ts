/** Numbers and facts in words for a person. Times in s, rates in bits/s, sizes in bytes. */
import type { EventOf, Ladder, PlaybackState, Rendition } from 'sluice';

const NONE = '–';

/** `1:02:03`, `2:05`. */
export function clockTime(time: number): string {
  const whole = Math.max(Math.floor(time), 0);
  const hours = Math.floor(whole / 3600);
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** `4.30 Mbit/s`, `20.0 Mbit/s`, `235 kbit/s`; a dash for null. */
export function bitrate(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  return value < 999_500 ? `${Math.round(value / 1000)} kbit/s` : throughput(value);
}

/** `0.62 Mbit/s`, `3.01 Mbit/s`, `20.0 Mbit/s`: in the unit and to the digits of the plots and of the strategies' reasons. */
export function throughput(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  const digits = value < 9.995e6 ? 2 : value < 99.95e6 ? 1 : 0;
  return `${(value / 1e6).toFixed(digits)} Mbit/s`;
}

/** A declared bitrate, short and in full: `235k`, `2.35M`. */
export function shortBitrate(value: number): string {
  return value < 999_500 ? `${Math.round(value / 1000)}k` : `${+(value / 1e6).toFixed(2)}M`;
}

/** `24.0 s`. */
export function seconds(value: number | null | undefined, digits = 1): string {
  return value === null || value === undefined ? NONE : `${value.toFixed(digits)} s`;
}

/** `85 ms` below a second, `1.24 s` from there. */
export function shortTime(value: number | null): string {
  if (value === null) return NONE;
  return value < 0.9995 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(2)} s`;
}

/** `512 B`, `33 kB`, `2.1 MB`. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 999_500 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** `1080p`, or its bitrate where there is no height. */
export function rungName(rendition: Rendition | undefined): string {
  if (!rendition) return NONE;
  return rendition.height === undefined ? bitrate(rendition.bitrate) : `${rendition.height}p`;
}

/** `720p 3M`: two rungs may share a height, so the bitrate stands beside it. */
export function rungLabel(rendition: Rendition | undefined): string {
  if (!rendition) return NONE;
  const rate = shortBitrate(rendition.bitrate);
  return rendition.height === undefined ? rate : `${rendition.height}p ${rate}`;
}

const STATES: Readonly<Record<PlaybackState, string>> = {
  preloading: 'Ready to play',
  starting: 'Starting',
  playing: 'Playing',
  seeking: 'Seeking',
  rebuffering: 'Stalled',
  paused: 'Paused',
  ended: 'Ended',
  failed: 'Failed',
  quit: 'Session over',
};

/** The state in one or two words. */
export const stateName = (state: PlaybackState): string => STATES[state];

const TRIGGERS: Readonly<Record<EventOf<'decision'>['trigger'], string>> = {
  next: 'next',
  abandon: 'gave up',
  selection: 'viewer',
};

/** What made the choice due. */
export const triggerName = (trigger: EventOf<'decision'>['trigger']): string => TRIGGERS[trigger];

/** Whether the choice moved to another rung. */
export const isChange = ({ from, index }: EventOf<'decision'>): boolean => from !== null && from !== index;

/** `starts at 360p 750k`, `stays at …`, `rises from … to …`, `falls from … to …`. */
export function decisionMove({ from, index, trigger }: EventOf<'decision'>, ladder: Ladder): string {
  const to = rungLabel(ladder[index]);
  if (from === null) return `starts at ${to}`;
  if (from === index) return `stays at ${to}`;
  const given = trigger === 'abandon' ? 'gives up a download and ' : '';
  return `${given}${index > from ? 'rises' : 'falls'} from ${rungLabel(ladder[from])} to ${to}`;
}

/** `Segment 12` counted as the engine does; by its start where the engine does not count. */
export function segmentName({ segment }: EventOf<'decision'>): string {
  return segment.number === null ? `Media at ${clockTime(segment.start)}` : `Segment ${segment.number}`;
}

/** bits/s of a body; null without one, or when it came at once. */
export function requestRate({ at, firstByte, bytes }: EventOf<'request'>): number | null {
  if (firstByte === null || bytes === 0 || at <= firstByte) return null;
  return (bytes * 8) / (at - firstByte);
}

/** Phrases as sentences, one after the other. */
export const sentences = (phrases: readonly string[]): string =>
  phrases.map((phrase) => `${phrase.charAt(0).toUpperCase()}${phrase.slice(1)}.`).join(' ');
