import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { attentionKernels } from '../../src/compile/kernels/attention.js';
import { denseKernels } from '../../src/compile/kernels/dense.js';
import type { KernelField, KernelRow } from '../../src/compile/kernels/row.js';
import { sparseKernels } from '../../src/compile/kernels/sparse.js';
import { spikingKernels } from '../../src/compile/kernels/spiking.js';
import { tensorKernels } from '../../src/compile/kernels/tensor.js';

const introduction = `# Kernels

Every function that the WebAssembly modules export, in the order of the table of kernels. Each is called as
\`(parameters, begin, end)\`: the address of its parameter block, whose fields of 4 bytes each are listed in order, and
the work units to do. Units of a call are independent of each other, so that threads may share them. A tile is pixels
by output channels by steps in the inner dimension. "The same" refers to the kernel above.

This page is written by \`node tools/build/kernels-page.mjs\` from \`src/compile/kernels/\` and the comments of
\`assembly/\`.
`;

/** A comment right before an exported kernel. */
const documented = /\/\*\*((?:(?!\*\/).)*)\*\/\n(?:@\w+\n)*export function (\w+)\(parameters: usize/gs;

/** The comments of the kernels in a folder of AssemblyScript, by the kernel's name, without their stars. */
function comments(folder: string): ReadonlyMap<string, string> {
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
  return new Map(
    sources.flatMap((source) =>
      [...source.matchAll(documented)].map(([, comment = '', name = '']) => [name, plain(comment)] as const),
    ),
  );
}

const plain = (comment: string): string =>
  comment
    .replace(/^ *\* ?/gm, '')
    .replace(/\{@link (\w+)\}/g, '`$1`')
    .trim();

const fieldText = ({ name, type }: KernelField): string => (type === 'i32' ? name : `${name}: ${type}`);

function section({ name, fields, tile }: KernelRow, comment: string): string {
  const size = tile ? `Tile: ${tile.rows} x ${tile.columns} x ${tile.depth}. ` : '';
  return `### ${name}\n\n${comment}\n\n${size}Fields: \`${fields.map(fieldText).join(', ')}\`.\n`;
}

/** The page docs/kernels.md. Throws for a kernel without a comment. */
export function kernelsPage(folder: string): string {
  const known = comments(folder);
  const sections = (rows: readonly KernelRow[]): string =>
    rows
      .map((row) => {
        const comment = known.get(row.name);
        if (comment === undefined) throw new Error(`${row.name} has no comment in ${folder}`);
        return section(row, comment);
      })
      .join('\n');
  return [
    introduction,
    '## Convolutions and matrix products\n',
    sections(denseKernels),
    '## Sparse convolutions\n',
    sections(sparseKernels),
    '## Spiking networks\n',
    sections(spikingKernels),
    '## Transformers\n',
    sections(attentionKernels),
    '## Everything else\n',
    sections(tensorKernels),
  ].join('\n');
}
