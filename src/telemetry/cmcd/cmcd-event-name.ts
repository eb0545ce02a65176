/**
 * Events that are reported: state, playback rate, bitrate and visibility change, errors, responses, and one at an interval; `ce` is the
 * app's own.
 *
 * @see https://cta-wave.github.io/Resources/common-media-client-data--cta-5004-b.html Table 1, key `e`
 */
export type CmcdEventName = 'ps' | 'pr' | 'bc' | 'b' | 'e' | 'rr' | 't' | 'ce';
