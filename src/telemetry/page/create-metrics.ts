import { type MetricsOptions, metricsIn, type PublishedMetrics } from '../metrics/metrics.ts';
import { browserEnvironment } from './browser-environment.ts';
import { defaultConsent } from './privacy-wish.ts';

/**
 * Makes metrics for this page: counters, timers and gauges with tags, published every minute in OTLP's JSON, kept and sent again when
 * that fails.
 *
 * @throws TypeError or RangeError naming the option that cannot work
 */
export function createMetrics(options: MetricsOptions): PublishedMetrics {
  const consent = options.consent ?? defaultConsent();
  return metricsIn(browserEnvironment(`sluice-metrics ${options.endpoint}`), { ...options, consent });
}
