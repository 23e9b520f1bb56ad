// Draws the sample from an archive of CIFAR-10's test images in class folders: node sample.mjs <archive.zip>
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unzipSync, zipSync } from 'fflate';

const perClass = 50;
const seed = 10;

/** Uniform numbers in [0, 1) (mulberry32). */
function seededRandom(start) {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = seededRandom(seed);

/** `count` entries at random, in their order. */
function draw(entries, count) {
  const chosen = new Set();
  while (chosen.size < count) chosen.add(Math.floor(random() * entries.length));
  return [...chosen].sort((a, b) => a - b).map((index) => entries[index]);
}

const archive = process.argv[2];
if (archive === undefined) throw new Error('usage: node sample.mjs <archive.zip>');
const files = unzipSync(new Uint8Array(readFileSync(archive)));
const names = Object.keys(files)
  .filter((name) => name.endsWith('.png'))
  .sort();
const classes = [...new Set(names.map((name) => basename(dirname(name))))];
const chosen = classes.flatMap((label) =>
  draw(
    names.filter((name) => basename(dirname(name)) === label),
    perClass,
  ),
);
const sample = Object.fromEntries(
  chosen.map((name) => [`${basename(dirname(name))}/${basename(name)}`, files[name]]),
);
// Stored, not compressed: PNG does not get smaller. A fixed time keeps the archive the same byte for byte.
const bytes = zipSync(sample, { level: 0, mtime: new Date(2009, 3, 8) });
writeFileSync(join(dirname(fileURLToPath(import.meta.url)), 'sample.zip'), bytes);
console.log(`${chosen.length} images of ${classes.length} classes, ${bytes.length} bytes`);
