// Builds every family of assembly/ into four WebAssembly modules and embeds each as text in a TypeScript module.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { families, modules } from './families.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const outFolder = join(root, 'build/kernels');
const embeddedFolder = join(root, 'src/engine/kernels/generated');

// Level 3, and converging passes, reorder the inner loops so that all weights of an unrolled loop are live at once,
// more than there are registers; a single run of level 2 keeps the order in which the kernels are written.
const common = [
  ...['-O2', '--noAssert', '--runtime', 'stub'],
  // Inlining leaves hundreds of locals behind. Few numbers make short and repetitive code, a quarter less to download.
  ...['--runPasses', 'coalesce-locals,reorder-locals,vacuum'],
  ...['--importMemory', '--noExportMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
  ...['--enable', 'simd'],
];
const relaxed = ['--enable', 'relaxed-simd'];
const shared = ['--enable', 'threads', '--sharedMemory'];
const variants = {
  simd: common,
  relaxed: [...common, ...relaxed],
  'simd-shared': [...common, ...shared],
  'relaxed-shared': [...common, ...relaxed, ...shared],
};

/**
 * Bytes as printable text that src/engine/kernels/embedded.ts reads: one of 86 characters, after `!` or `#` for values
 * from 86 and from 172 on. Whole characters for a byte keep the repetitions that compression finds and base64 hides;
 * the bytes are shifted by 3 so that the frequent 0xfd, the prefix of vector instructions, is among the short ones.
 */
function encode(bytes) {
  const prefixes = ['', '!', '#'];
  return Array.from(bytes, (byte) => {
    const value = (byte + 3) & 255;
    const code = 40 + (value % 86);
    return prefixes[Math.floor(value / 86)] + String.fromCharCode(code < 92 ? code : code + 1);
  }).join('');
}

/** The entry of a family with every file that it imports, directly or not. */
function sourceFiles(entry, found = new Set()) {
  if (found.has(entry)) return found;
  found.add(entry);
  for (const [, name] of readFileSync(entry, 'utf8').matchAll(/ from '(\.[^']+)'/g)) {
    const path = join(dirname(entry), name);
    sourceFiles(existsSync(`${path}.ts`) ? `${path}.ts` : join(path, 'index.ts'), found);
  }
  return found;
}

function fingerprint(entry, flags) {
  const hash = createHash('sha256')
    .update(JSON.stringify(['86', flags]))
    .update(asc.version);
  for (const file of [...sourceFiles(join(root, entry))].sort()) hash.update(file).update(readFileSync(file));
  return hash.digest('hex');
}

function readIfPresent(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

async function build(family, variant) {
  const name = `${family}-${variant}`;
  const entry = `assembly/${families[family]}`;
  const stamp = join(outFolder, `${name}.sha256`);
  const embedded = join(embeddedFolder, `${name}.ts`);
  const wanted = fingerprint(entry, variants[variant]);
  if (readIfPresent(stamp) === wanted && readIfPresent(embedded) !== '') return undefined;
  const outFile = `build/kernels/${name}.wasm`;
  const arguments_ = [entry, '--baseDir', root, '--outFile', outFile, ...variants[variant]];
  const { error, stderr } = await asc.main(arguments_);
  if (error) throw new Error(`asc failed for ${name}: ${error.message}\n${stderr.toString()}`);
  const bytes = readFileSync(join(root, outFile));
  writeFileSync(embedded, `export const kernels: string = '${encode(bytes)}';\n`);
  writeFileSync(stamp, wanted);
  return { name, bytes: bytes.length };
}

/** One line, so that a program that builds first does not begin with a list; all modules where that was asked for. */
function report(built, isVerbose) {
  if (isVerbose) for (const { name, bytes } of built) console.error(`${name}.wasm: ${bytes} bytes`);
  else if (built.length > 0) console.error(`built ${built.length} kernel modules`);
}

/** Removes modules that are not built any more. */
function removeStale(folder) {
  for (const file of readdirSync(folder)) {
    if (!modules.includes(file.replace(/\.\w+$/, ''))) rmSync(join(folder, file));
  }
}

for (const folder of [outFolder, embeddedFolder]) {
  mkdirSync(folder, { recursive: true });
  removeStale(folder);
}
const isVerbose = process.argv.includes('--verbose');
const chosen = process.argv.slice(2).filter((word) => word !== '--verbose');
const built = [];
for (const variant of Object.keys(variants)) {
  if (chosen.length > 0 && !chosen.includes(variant)) continue;
  for (const family of Object.keys(families)) {
    const module = await build(family, variant);
    if (module) built.push(module);
  }
}
report(built, isVerbose);
