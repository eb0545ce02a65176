import type { Player } from 'sluice';
import { createBeacons } from 'sluice/telemetry';

/** Where `npm start` keeps sessions for the dashboard; null where the page is served without a collector. */
const path = document.querySelector<HTMLMetaElement>('meta[name="sluice-beacons"]')?.content ?? null;

const beacons = path === null ? null : createBeacons({ endpoint: new URL(path, location.href).href });

/** Sends the player's sessions to the collector beside the demo, if there is one. */
export function sendSessions(player: Player): void {
  beacons?.attach(player);
}
