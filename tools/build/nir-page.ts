import { primitives, structure } from '../../src/format/nir/primitives/table.js';

const cell = (text: string): string => text.replaceAll('|', '\\|');

const introduction = `# NIR

\`spikelet/nir\` reads graphs of the [Neuromorphic Intermediate Representation](https://neuroir.org), as snnTorch,
Norse, sinabs, Rockpool, SpikingJelly and others write them (HDF5, \`.nir\`):

\`\`\`js
import { fromNir } from 'spikelet/nir';
const graph = fromNir(await readFile('braille.nir'), { timeStep: 1e-4, steps: 256 });
\`\`\`

or \`spikelet convert braille.nir -o braille.spikelet --time-step 1e-4 --steps 256\`.

This page is written by \`node tools/build/nir-page.mjs\` from the table in \`src/format/nir/primitives/\`.

## Nodes
`;

const conventions = `
## From equations to steps

NIR means differential equations; a run takes steps of \`timeStep\` seconds by forward Euler, each operation rounded to
f32. The first axis of every value is time: [steps, ...].

- LI, LIF: \`u += timeStep / tau * (v_leak - u + R * I)\`. The factors of the input go into the weights before the layer
  where these lead nowhere else.
- CubaLI, CubaLIF: the synapse first, and the membrane takes the current of the same step, as snnTorch and Norse do.
- I, IF: \`u += R * I\` in a step, whatever its length, as sinabs, snnTorch and Norse do; \`integration: 'time'\` gives the
  Euler step \`u += timeStep * R * I\`.
- A neuron fires above its threshold (\`inclusive: true\`: at it), at most once in a step, in the step of its input.
- The reset is in the same step. Files with \`v_reset\` set the membrane to it; files without are of versions of NIR that
  take the threshold off. \`reset: 'subtract'\` or \`'value'\` chooses, for networks that were trained otherwise.
  \`delayedReset: true\` resets at the next step after its input, as snnTorch does by default.
- A loop from one layer of firing neurons through Linear, Affine and Scale nodes back to it becomes its recurrent matrix:
  spikes arrive one step later. A bias in the loop is added at every step, the first among them, as snnTorch does.
  Other cycles are refused, by name.
- Edges that meet at a node are added up. Nested graphs are dissolved; their nodes are called \`outer/inner\`.
- Time constants must not be shorter than a step.

Simulators differ where NIR leaves it open. To run a network as one of them does:

| simulator | options |
| --- | --- |
| snnTorch, reset to zero | \`reset: 'value'\`, with \`delayedReset: true\` unless it was trained with \`reset_delay=False\` |
| snnTorch, reset by subtraction | \`reset: 'subtract'\`, and \`delayedReset\` in the same way |
| Norse | \`reset: 'value'\` |
| sinabs | \`reset: 'subtract'\`; its neurons may fire several times in a step and have a lowest membrane, which NIR does not say |
`;

/** The page docs/nir.md. */
export function nirPage(): string {
  const rows = [
    ...Object.entries(primitives).map(
      ([type, { meaning, becomes, limits = '' }]) =>
        `| ${type} | ${cell(meaning)} | ${cell(becomes)} | ${cell(limits)} |`,
    ),
    ...Object.entries(structure).map(([type, meaning]) => `| ${type} | ${cell(meaning)} | | |`),
  ];
  const table = ['| node | meaning | becomes | limits |', '| --- | --- | --- | --- |', ...rows].join('\n');
  return `${introduction}\n${table}\n${conventions}`;
}
