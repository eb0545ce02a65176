import type { EngineFactory } from '../engine.ts';
export const createShakaEngine: EngineFactory = () => {
  throw new Error('not built yet');
};
