import type { AnyNode, Operation } from '../../src/graph/operation.js';
import {
  descriptions,
  type IntegerForm,
  type OperationDescription,
} from '../../src/graph/ops/descriptions.js';
import { type OperationName, operations } from '../../src/graph/ops/table.js';

const integerForms: Readonly<Record<IntegerForm, string>> = {
  computes: 'integers',
  table: 'lookup table',
  moves: 'moves bytes',
  converts: 'converts',
  spikes: 'gives spikes',
  none: '-',
};

type AnyOperation = Pick<Operation<AnyNode>, 'op' | 'arity' | 'schema'> & OperationDescription;

const cell = (text: string): string => text.replaceAll('|', '\\|');

function attributeRows({ schema }: AnyOperation): string {
  const rows = Object.entries(schema).map(([name, { fallback, expects }]) => {
    const standard = fallback === undefined ? 'required' : `\`${JSON.stringify(fallback)}\``;
    return `| \`${name}\` | ${cell(expects)} | ${standard} |`;
  });
  return ['| attribute | value | default |', '| --- | --- | --- |', ...rows].join('\n');
}

function summaryRow({ op, summary, integer, arity: [least, greatest], schema }: AnyOperation): string {
  const inputs = least === greatest ? `${least}` : `${least} to ${greatest}`;
  const hasAttributes = Object.keys(schema).length > 0;
  const name = hasAttributes ? `[\`${op}\`](#${op.toLowerCase()})` : `\`${op}\``;
  return `| ${name} | ${cell(summary)} | ${inputs} | ${integerForms[integer]} |`;
}

const introduction = `# Operations

Every operation of a graph. All of them exist in f32, except \`dequantize\` and \`requantize\`, which take u8. The last
column says what each does with u8 values: it computes with *integers* into a quantization of its own, applies a
*lookup table* of 256 entries, *moves bytes* under the quantization of its input, *converts* between the two, or *gives
spikes*: u8 values 0 and 1 of scale 1. In a spiking network the first axis of a value is time.

This page is written by \`node tools/build/operations-table.mjs\` from the table of operations in \`src/graph/ops/\`.
`;

/** The page docs/operations.md. */
export function operationsPage(): string {
  const names = (Object.keys(operations) as OperationName[]).sort();
  const all: readonly AnyOperation[] = names.map((name) => ({ ...operations[name], ...descriptions[name] }));
  const summary = [
    '| operation | meaning | inputs | u8 |',
    '| --- | --- | --- | --- |',
    ...all.map(summaryRow),
  ].join('\n');
  const details = all
    .filter(({ schema }) => Object.keys(schema).length > 0)
    .map((operation) => `### ${operation.op}\n\n${attributeRows(operation)}\n`);
  return [introduction, summary, '\n## Attributes\n', details.join('\n')].join('\n');
}
