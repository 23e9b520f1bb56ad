import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset, Split } from '../dataset.js';
import { openArchive } from './archive.js';
import { cifar } from './cifar.js';
import { classFolders } from './class-folders.js';

/**
 * Opens labelled pictures, recognising what lies at the path: a folder or zip of class folders with PNG and JPEG
 * files, a folder with `train.zip` and `test.zip`, or CIFAR-10/100 in the Python or binary version, as the published
 * `.tar.gz` or unpacked.
 *
 * Throws `not-found` if nothing is there and `invalid-input` if it holds no such data.
 *
 * @example
 * const data = openDataset('cifar-10-binary.tar.gz', 'test');
 * const { pixels, label } = await data.read(0);
 */
export function openDataset(path: string, split: Split = 'test'): Dataset {
  const zip = join(path, `${split}.zip`);
  const archive = openArchive(existsSync(zip) ? zip : path);
  try {
    return cifar(archive, split) ?? classFolders(archive, split);
  } catch (error) {
    archive.close();
    throw error;
  }
}
