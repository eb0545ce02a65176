/** Property tests draw the same cases everywhere, so that red means a change; `SLUICE_SEED=N` draws others. */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.SLUICE_SEED ?? 20_261_124) });
