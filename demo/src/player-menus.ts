import type { Player } from 'sluice';
import { anyElement, make, setText } from './page-element.ts';
import { bitrate, rungName } from './wording.ts';

/** One entry of a menu. */
interface Entry {
  readonly value: string;
  readonly label: string;
}

/** A menu of media-chrome, filled by hand. */
interface MenuElement extends HTMLElement {
  value: string;
}

const AUTO = 'auto';
const OFF = 'off';

/** Rates on offer; 1 is normal speed. */
const RATES = [0.5, 1, 1.25, 1.5, 2];

/** The pickers inside the player: quality, speed, sound, subtitles, and the way to the live edge. */
export interface PlayerMenus {
  draw(player: Player): void;
}

/** Binds them; `player` is the one at work, null while there is none. */
export function createPlayerMenus(player: () => Player | null): PlayerMenus {
  const renditionText = anyElement('rendition-text');
  const renditionButton = anyElement('rendition-button');
  const rateText = anyElement('rate-text');
  const rateButton = anyElement('rate-button');
  const audioButton = anyElement('audio-button');
  const textButton = anyElement('text-button');
  const liveButton = anyElement('live-button');
  const liveText = anyElement('live-text');

  const renditions = createMenu('rendition-menu', (value) =>
    player()?.selectRendition(value === AUTO ? null : Number(value)),
  );
  const audio = createMenu('audio-menu', (value) => player()?.selectAudioTrack(value));
  const text = createMenu('text-menu', (value) => player()?.selectTextTrack(value === OFF ? null : value));
  const rates = createMenu('rate-menu', (value) => {
    const current = player();
    if (current) current.rate = Number(value);
  });
  liveButton.addEventListener('click', () => player()?.seekToLive());

  return {
    draw(current) {
      const { renditions: ladder, selectedRendition: selected, rendition, audioTracks, textTracks } = current;
      const rungs = ladder.map((rung, index) => ({
        value: String(index),
        label: `${rungName(rung)} · ${bitrate(rung.bitrate)}`,
      }));
      renditions([{ value: AUTO, label: 'Auto' }, ...rungs.reverse()], selected === null ? AUTO : String(selected));
      const shown = rungName(ladder[selected ?? rendition ?? -1]);
      setText(renditionText, selected === null ? `Auto ${shown}` : shown);
      renditionButton.setAttribute('aria-label', `Picture quality: ${renditionText.textContent}`);
      rates(
        RATES.map((rate) => ({ value: String(rate), label: `${rate}×` })),
        String(current.rate),
      );
      setText(rateText, `${current.rate}×`);
      rateButton.setAttribute('aria-label', `Speed ${current.rate}×`);
      audio(
        audioTracks.map(({ id, label }) => ({ value: id, label })),
        current.audioTrack ?? '',
      );
      audioButton.hidden = audioTracks.length < 2;
      text(
        [{ value: OFF, label: 'Off' }, ...textTracks.map(({ id, label }) => ({ value: id, label }))],
        current.textTrack ?? OFF,
      );
      textButton.hidden = textTracks.length === 0;
      textButton.toggleAttribute('data-on', current.textTrack !== null);
      const latency = current.liveLatency;
      liveButton.hidden = current.timeline.presentation !== 'live';
      setText(liveText, latency === null ? 'LIVE' : `LIVE −${Math.round(latency)} s`);
    },
  };
}

/** Fills a menu when its entries change, and keeps the check mark where it belongs. */
function createMenu(id: string, choose: (value: string) => void): (entries: readonly Entry[], value: string) => void {
  const menu = anyElement(id) as MenuElement;
  let drawn = '';
  let checked = '';
  menu.addEventListener('change', () => {
    if (menu.value !== checked) choose(menu.value);
  });
  return (entries, value) => {
    const wanted = JSON.stringify(entries);
    if (wanted !== drawn) {
      drawn = wanted;
      menu.replaceChildren(
        ...entries.map((entry) => {
          const item = make('media-chrome-menu-item' as 'span', '', entry.label);
          item.setAttribute('type', 'radio');
          item.setAttribute('value', entry.value);
          return item;
        }),
      );
    }
    checked = value;
    for (const item of menu.children) item.toggleAttribute('checked', item.getAttribute('value') === value);
  };
}
