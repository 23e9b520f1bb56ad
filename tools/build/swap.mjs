import { existsSync, renameSync, rmSync } from 'node:fs';

const attempts = 10;

/**
 * Puts the folder `built` where the folder `place` is, so that nobody finds `place` half filled: its old contents and
 * its new ones are whole. Both lie in one file system. Another process may do the same at the same time; the last wins.
 */
export function swapFolder(built, place) {
  const old = `${built}-replaced`;
  if (!existsSync(built)) throw new Error(`ENOENT: there is no '${built}'`);
  for (let attempt = 1; ; attempt++) {
    rmSync(old, { recursive: true, force: true });
    try {
      if (existsSync(place)) renameSync(place, old);
      renameSync(built, place);
      break;
    } catch (error) {
      if (attempt === attempts || !existsSync(built)) throw error;
    }
  }
  rmSync(old, { recursive: true, force: true });
}
