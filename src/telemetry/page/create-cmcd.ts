import { type Cmcd, type CmcdOptions, cmcdIn } from '../cmcd/cmcd.ts';
import { browserEnvironment } from './browser-environment.ts';
import { defaultConsent } from './privacy-wish.ts';

/**
 * Makes Common Media Client Data (CTA-5004-B) for a player of this page: pass its `middleware` to the player, then attach it.
 *
 * @throws TypeError or RangeError naming the option that cannot work
 */
export function createCmcd(options: CmcdOptions = {}): Cmcd {
  return cmcdIn(browserEnvironment, { ...options, consent: options.consent ?? defaultConsent() });
}
