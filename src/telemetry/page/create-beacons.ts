import { type BeaconOptions, type Beacons, beaconsIn } from '../beacons.ts';
import { browserEnvironment } from './browser-environment.ts';
import { defaultConsent } from './privacy-wish.ts';

/**
 * Makes beacons for this page: facts of the players attached go to a collector in batches, at least once each, across failures of
 * the network and the collector, and ends of the page of any kind.
 *
 * @throws TypeError or RangeError naming the option that cannot work
 */
export function createBeacons(options: BeaconOptions): Beacons {
  const consent = options.consent ?? defaultConsent();
  return beaconsIn(browserEnvironment(`sluice-beacons ${options.endpoint}`), { ...options, consent });
}
