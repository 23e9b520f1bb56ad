import { reasonOf, SpikeletError } from '../../error.js';

/** Runs a reader of model files on another kind of file: what is wrong with it is wrong input. */
export function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SpikeletError) || error.code !== 'invalid-model') throw error;
    const place = error.where === undefined ? {} : { where: error.where };
    throw new SpikeletError('invalid-input', reasonOf(error), { ...place, cause: error });
  }
}
