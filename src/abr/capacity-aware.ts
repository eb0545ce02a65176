import type { Rendition } from '../media/rendition.ts';
import { type AbrContext, type AbrDecision, type AbrStrategy, nearestCandidate } from './strategy.ts';

/** What an edge appliance reserves for a picture of this height: bits/s before peak hours and load are counted. */
const TIERS = [
  { name: '4K', height: 2160, required: 15e6 },
  { name: '1080p', height: 1080, required: 5e6 },
  { name: '720p', height: 720, required: 3e6 },
  { name: '480p', height: 480, required: 1.5e6 },
] as const;

const PEAK_FACTOR = 1.2;
const LOAD_FACTOR = 1.3;
const HIGH_LOAD = 0.8;
const HEADROOM = 1.25;

/** Options of {@link capacityAware}, used while the edge says nothing of it itself: `edgeLoad` is 0…1. */
export interface CapacityAwareOptions {
  readonly peakHour?: boolean;
  readonly edgeLoad?: number;
}

/**
 * The brief's capacity-aware strategy, what an edge appliance recommends: 4K, 1080p, 720p and 480p need 15, 5, 3 and
 * 1.5 Mbit/s, times 1.2 in peak hours, times 1.3 when the edge's load is over 80 %; the highest tier with bandwidth over
 * 1.25 times its need, 480p otherwise. The tier is then the best rendition not taller than it
 * (without a height, the best one not above its need). What the edge says (CMSD: `edge` facts) goes before the
 * options and the measured throughput, and nothing above the bitrate that it suggests as the most is taken.
 *
 * @throws RangeError if edgeLoad is not within 0…1
 */
export function capacityAware(options: CapacityAwareOptions = {}): AbrStrategy {
  const { peakHour = false, edgeLoad = 0 } = options;
  if (!(edgeLoad >= 0 && edgeLoad <= 1)) throw new RangeError(`edgeLoad must be within 0…1, got ${edgeLoad}`);
  return {
    name: 'capacityAware',
    decide({ ladder, candidates, edge, throughput }: AbrContext): AbrDecision {
      const load = edge?.load ?? edgeLoad;
      const peak = edge?.peakHour ?? peakHour;
      const bandwidth = edge?.throughput ?? throughput ?? 0;
      const factor = (peak ? PEAK_FACTOR : 1) * (load > HIGH_LOAD ? LOAD_FACTOR : 1);
      const tier = TIERS.find(({ required }) => bandwidth > required * factor * HEADROOM) ?? TIERS[3];
      const fits = (rendition: Rendition | undefined): boolean =>
        rendition !== undefined &&
        rendition.bitrate <= (edge?.maxBitrate ?? Number.POSITIVE_INFINITY) &&
        (rendition.height === undefined ? rendition.bitrate <= tier.required : rendition.height <= tier.height);
      const highest = ladder.findLastIndex(fits);
      const index = nearestCandidate(candidates, Math.max(highest, 0));
      const circumstances = `${peak ? ', peak hour' : ''}${load > HIGH_LOAD ? `, edge load ${Math.round(load * 100)} %` : ''}`;
      const most = edge?.maxBitrate == null ? '' : `, at most ${(edge.maxBitrate / 1e6).toFixed(2)} by the edge`;
      const need = ((tier.required * factor * HEADROOM) / 1e6).toFixed(2);
      return {
        index,
        reason: `${(bandwidth / 1e6).toFixed(2)} Mbit/s allows ${tier.name} (over ${need} Mbit/s${circumstances})${most}`,
      };
    },
  };
}
