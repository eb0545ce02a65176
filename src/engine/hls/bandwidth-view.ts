import type { EwmaBandWidthEstimator } from 'hls.js';

/** The estimate hls.js shows until there is one, bits/s (its own default). */
const DEFAULT_ESTIMATE = 500_000;

/** Our estimate, in the shape that hls.js reads: `hls.bandwidthEstimate`, `hls.ttfbEstimate`, content steering. */
export interface BandwidthView {
  readonly estimator: EwmaBandWidthEstimator;
  /** What is estimated now: bits/s and s; null where there is no estimate. */
  show(throughput: number | null, latency: number | null): void;
  /** What to show while there is no estimate, bits/s. */
  setDefault(estimate: number): void;
}

/** Makes a {@link BandwidthView}. It takes no samples: measuring is the controller's. */
export function bandwidthView(): BandwidthView {
  let throughput: number | null = null;
  let latency: number | null = null;
  let standard = DEFAULT_ESTIMATE;
  const estimator = {
    get defaultEstimate() {
      return standard;
    },
    update() {},
    sample() {},
    sampleTTFB() {},
    canEstimate: () => throughput !== null,
    getEstimate: () => throughput ?? standard,
    getEstimateTTFB: () => (latency ?? 0) * 1000,
    destroy() {},
  };
  return {
    // The class has private members; hls.js reads only what is here.
    estimator: estimator as unknown as EwmaBandWidthEstimator,
    show(bitsPerSecond, seconds) {
      throughput = bitsPerSecond;
      latency = seconds;
    },
    setDefault(estimate) {
      if (Number.isFinite(estimate) && estimate > 0) standard = estimate;
    },
  };
}
