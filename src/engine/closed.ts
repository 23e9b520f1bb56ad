import { SpikeletError } from '../error.js';

/** What a call on a closed model rejects with. */
export const closedError = (): SpikeletError =>
  new SpikeletError('closed', 'the model was closed: load it again to use it');
