import Hls, { type Events as HlsEvents } from 'hls.js';

/**
 * hls.js's event names, off its default export: that is all that bundlers put in the place of an optional peer dependency
 * which is not installed, and an app without hls.js must build.
 */
export const Events: typeof HlsEvents = Hls.Events;
