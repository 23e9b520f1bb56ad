import { SpikeletError } from '../../error.js';
import type { Dataset, Split } from '../dataset.js';
import type { Archive } from './archive.js';
import { decodeImage } from './decode.js';

export const isImage = (path: string): boolean => /\.(png|jpe?g)$/i.test(path) && !path.includes('__MACOSX/');
const folderOf = (path: string): string => path.split('/').at(-2) ?? '';

function whatIsWrong({ paths }: Archive, loose: string | undefined): string {
  if (loose !== undefined) return `'${loose}' lies outside any class folder; expected paths`;
  if (paths.length === 0) return 'is empty; expected class folders';
  const others = paths.length === 1 ? '1 other file' : `${paths.length} other files`;
  return `holds no PNG or JPEG pictures, only ${others}; expected class folders`;
}

/**
 * Pictures in one folder a class (`airplane/0001.png`), in order of path, at any depth. Where there are folders
 * `train` and `test` above the classes, only the asked one counts.
 */
export function classFolders(archive: Archive, split: Split): Dataset {
  const all = archive.paths.filter(isImage).sort();
  const above = (path: string): readonly string[] => path.split('/').slice(0, -2);
  const within = all.filter((path) => above(path).includes(split));
  const paths = within.length > 0 ? within : all;
  const loose = paths.find((path) => !path.includes('/'));
  if (paths.length === 0 || loose !== undefined) {
    throw new SpikeletError('invalid-input', `${whatIsWrong(archive, loose)} such as cat/1.png`, {
      where: archive.name,
    });
  }
  const classes = [...new Set(paths.map(folderOf))].sort();
  const index = new Map(classes.map((name, i) => [name, i]));
  return {
    name: archive.name,
    classes,
    length: paths.length,
    async read(i) {
      const path = paths[i];
      if (path === undefined) {
        throw new SpikeletError('invalid-input', `there is no picture ${i} of ${paths.length}`, {
          where: archive.name,
        });
      }
      const name = `${archive.name}: ${path}`;
      return { name, label: index.get(folderOf(path)) ?? 0, pixels: decodeImage(archive.read(path), name) };
    },
    close: () => archive.close(),
  };
}
