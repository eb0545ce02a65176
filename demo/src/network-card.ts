import { MANUAL } from './catalogue.ts';
import type { NetworkHistory } from './network-history.ts';
import { anyElement, element, setText } from './page-element.ts';
import { BANDWIDTH_KBPS, LATENCY_MS } from './page-state.ts';
import { bitrate } from './wording.ts';

/** The sliders: they follow the network, and taking hold of one takes the network over. */
export interface NetworkCard {
  /** As it is now; `null` where no session is under way. */
  draw(history: NetworkHistory | null): void;
}

const STEPS = 100;
const RATIO = BANDWIDTH_KBPS.most / BANDWIDTH_KBPS.least;

/** The bandwidth slider is logarithmic: as much way from 0.3 to 0.6 as from 5 to 10 Mbit/s. */
const toKbps = (step: number): number => {
  const kbps = BANDWIDTH_KBPS.least * RATIO ** (step / STEPS);
  const grain = kbps < 1000 ? 10 : 100;
  return Math.round(kbps / grain) * grain;
};

const toStep = (kbps: number): number =>
  Math.round((STEPS * Math.log(Math.max(kbps, BANDWIDTH_KBPS.least) / BANDWIDTH_KBPS.least)) / Math.log(RATIO));

/** Binds the card of the page; `change` hears of every move of a slider. */
export function createNetworkCard(
  change: (network: { readonly kbps: number; readonly latencyMs: number }) => void,
): NetworkCard {
  const bandwidth = element('bandwidth', HTMLInputElement);
  const latency = element('latency', HTMLInputElement);
  const bandwidthText = anyElement('bandwidth-text');
  const latencyText = anyElement('latency-text');
  const note = anyElement('network-now');
  latency.max = String(LATENCY_MS.most);
  let held = false;

  const show = (kbps: number, latencyMs: number): void => {
    const text = bitrate(kbps * 1000);
    setText(bandwidthText, text);
    setText(latencyText, `${latencyMs} ms`);
    bandwidth.setAttribute('aria-valuetext', text);
    latency.setAttribute('aria-valuetext', `${latencyMs} milliseconds`);
  };
  const moved = (): void => {
    const network = { kbps: toKbps(Number(bandwidth.value)), latencyMs: Number(latency.value) };
    show(network.kbps, network.latencyMs);
    change(network);
  };
  for (const slider of [bandwidth, latency]) {
    slider.addEventListener('input', moved);
    slider.addEventListener('pointerdown', () => {
      held = true;
    });
    for (const type of ['pointerup', 'pointercancel', 'change', 'blur'] as const) {
      slider.addEventListener(type, () => {
        held = false;
      });
    }
  }

  return {
    draw(history) {
      const now = history?.conditionsAt(performance.now() / 1000) ?? null;
      if (now === null || held) return;
      const kbps = now.bandwidth / 1000;
      const latencyMs = Math.round(now.latency * 1000);
      bandwidth.value = String(toStep(kbps));
      latency.value = String(latencyMs);
      show(kbps, latencyMs);
      const { network = '' } = document.documentElement.dataset;
      setText(note, network === MANUAL ? 'set by hand' : 'follows the preset; move a slider to take over');
    },
  };
}
