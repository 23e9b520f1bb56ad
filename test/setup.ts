import fc from 'fast-check';

/** Every generated case of a run follows from this seed: `FAST_CHECK_SEED=<seed> npm test` repeats it. */
const seed = Number(process.env.FAST_CHECK_SEED ?? Date.now() % 2 ** 31);

fc.configureGlobal({ seed });
