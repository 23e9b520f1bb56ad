// Builds assembly/ into the four WebAssembly modules and embeds each as text in a TypeScript module.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

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

function sourceFiles(folder) {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((name) => name.endsWith('.ts'))
    .sort();
}

function fingerprint(flags) {
  const hash = createHash('sha256')
    .update(JSON.stringify(['86', flags]))
    .update(asc.version);
  for (const file of sourceFiles(join(root, 'assembly'))) hash.update(file).update(readFileSync(file));
  return hash.digest('hex');
}

function readIfPresent(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

async function build(variant, flags) {
  const stamp = join(outFolder, `${variant}.sha256`);
  const embedded = join(embeddedFolder, `${variant}.ts`);
  const wanted = fingerprint(flags);
  if (readIfPresent(stamp) === wanted && readIfPresent(embedded) !== '') return;
  const outFile = join(outFolder, `${variant}.wasm`);
  const arguments_ = ['assembly/index.ts', '--baseDir', root, '--outFile', `build/kernels/${variant}.wasm`];
  const { error, stderr } = await asc.main([...arguments_, ...flags]);
  if (error) throw new Error(`asc failed for ${variant}: ${error.message}\n${stderr.toString()}`);
  const bytes = readFileSync(outFile);
  writeFileSync(embedded, `export const kernels: string = '${encode(bytes)}';\n`);
  writeFileSync(stamp, wanted);
  console.error(`${variant}.wasm: ${bytes.length} bytes`);
}

mkdirSync(outFolder, { recursive: true });
mkdirSync(embeddedFolder, { recursive: true });
const chosen = process.argv.slice(2);
for (const [variant, flags] of Object.entries(variants)) {
  if (chosen.length === 0 || chosen.includes(variant)) await build(variant, flags);
}
