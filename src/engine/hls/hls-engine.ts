import type { EngineFactory } from '../engine.ts';
export const createHlsEngine: EngineFactory = () => {
  throw new Error('not built yet');
};
