import type { Consent } from '../beacons.ts';

/**
 * What is assumed while the app says nothing: `denied` where the viewer told the browser not to have data passed on.
 *
 * @see https://w3c.github.io/gpc/
 */
export function defaultConsent(): Consent {
  const wish = (navigator as { readonly globalPrivacyControl?: boolean }).globalPrivacyControl;
  return wish === true ? 'denied' : 'granted';
}
