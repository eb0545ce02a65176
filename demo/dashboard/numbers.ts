/** Numbers in words. Times in s unless said otherwise, shares 0…1. */

const NONE = '–';

/** `12 345`; thin spaces, so that it cannot break. */
export function whole(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** `4.2 %`, small ones with a digit more. */
export function percent(share: number | null): string {
  if (share === null || !Number.isFinite(share)) return NONE;
  const value = share * 100;
  return `${value.toFixed(value === 0 || value >= 10 ? 0 : value < 1 ? 2 : 1)} %`;
}

/** `840 ms`, `2.31 s`, `1 min 12 s`, `3 h 5 min`. */
export function duration(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return NONE;
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  const rest = Math.round(seconds);
  const minutes = Math.round(rest / 60);
  if (rest < 3600) return rest % 60 === 0 ? `${minutes} min` : `${Math.floor(rest / 60)} min ${rest % 60} s`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `61.3`. */
export const score = (value: number | null): string => (value === null ? NONE : value.toFixed(1));

/** `4.31 Mbit/s`; bits/s. */
export function rate(bits: number | null): string {
  if (bits === null || !Number.isFinite(bits)) return NONE;
  if (bits >= 999.5e6) return `${(bits / 1e9).toFixed(2)} Gbit/s`;
  return bits < 999_500 ? `${Math.round(bits / 1000)} kbit/s` : `${(bits / 1e6).toFixed(bits < 1e7 ? 2 : 1)} Mbit/s`;
}

/** `18 kB`, `4.2 GB`. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const step = value < 1 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), units.length - 1);
  const scaled = value / 1000 ** step;
  return `${scaled >= 100 || step === 0 ? Math.round(scaled) : scaled.toFixed(1)} ${units[step]}`;
}

/** `14:05`, with the day where the stretch is longer than one; ms since the epoch, the reader's own time zone. */
export function clock(time: number, span = 0): string {
  const date = new Date(time);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const hours = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (span > 3 * 86_400_000) return day.slice(5);
  return span > 86_400_000 ? `${day.slice(5)} ${hours}` : hours;
}

/** `2026-04-14 14:05:09`. */
export function dateTime(time: number): string {
  const seconds = String(new Date(time).getSeconds()).padStart(2, '0');
  return `${clock(time, 2 * 86_400_000).replace(/^/, `${new Date(time).getFullYear()}-`)}:${seconds}`;
}

/** The part of a whole, null where there is none. */
export const share = (part: number, of: number): number | null => (of > 0 ? part / of : null);
