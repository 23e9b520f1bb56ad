import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readWhole } from '../files.js';
import type { Io } from '../io.js';
import { runTools, type Tools } from './tools.js';

/**
 * Bytes of the model in a checkpoint as the training tools write it, for images of `size` pixels a side where the
 * network does not say itself how many it takes.
 */
export async function exported(
  out: string,
  size: number | undefined,
  tools: Tools,
  io: Io,
): Promise<Uint8Array> {
  const partial = join(out, '.exported.part');
  let said = '';
  const quiet = { ...io, err: { write: (text: string) => (said += text) } };
  try {
    const words = [
      'export',
      '--checkpoint',
      join(out, 'checkpoint.pt'),
      '--out',
      partial,
      ...(size === undefined ? [] : ['--size', `${size}`]),
    ];
    await runTools(tools, words, quiet);
    return readWhole(partial);
  } catch (error) {
    io.err.write(said);
    throw error;
  } finally {
    if (existsSync(partial)) rmSync(partial);
  }
}
