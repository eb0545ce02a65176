import type { EngineFactory } from '../engine.ts';
export const createNativeEngine: EngineFactory = () => {
  throw new Error('not built yet');
};
