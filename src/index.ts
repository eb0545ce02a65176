export type { RenditionLimit } from './player/caps.ts';
export { createPlayer, type LoadOptions, type Player, type QoeScores } from './player/create-player.ts';
export type { EngineName, PlayerOptions } from './player/player-options.ts';
