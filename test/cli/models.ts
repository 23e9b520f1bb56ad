import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pack } from '../../src/format/index.js';
import type { Graph } from '../../src/graph/graph.js';
import { NetBuilder } from '../compress/nets.js';
import { pngOf, temporaryFolder, zipOf } from '../data/archives.js';

/** Colours by class: a network that averages channels can tell them apart. */
const colours = { red: [250, 20, 20], green: [20, 250, 20], blue: [20, 20, 250] } as const;

/** A classifier of plain colours: a convolution that hands channels on, a mean, a linear layer. */
export function colourClassifier(): Graph {
  const net = new NetBuilder(1);
  const conv = net.conv('conv', 'image', [4, 3, 3]);
  const weight = net.constants.get('conv.weight');
  weight?.data.forEach((_, i) => {
    const [out, channel, tap] = [Math.floor(i / 27), Math.floor(i / 9) % 3, i % 9];
    weight.data[i] = out === channel && tap === 4 ? 1 : 0.001 * (i % 5);
  });
  const relu = net.plain('relu', 'relu', [net.batchNorm('bn', conv, 4)]);
  for (const [name, value] of [
    ['scale', 1],
    ['bias', 0],
    ['mean', 0],
    ['variance', 1],
  ] as const) {
    net.constants.get(`bn.${name}`)?.data.fill(value);
  }
  const pooled = net.plain('globalAveragePool', 'gap', [relu]);
  const attributes = { shape: [1, 4] };
  const flat = net.push({ op: 'reshape', name: 'flat', inputs: [pooled], outputs: ['flat'], attributes });
  const logits = net.linear('logits', flat, [3, 4]);
  net.constants.get('logits.weight')?.data.set([5, 0, 0, 0, 0, 5, 0, 0, 0, 0, 5, 0]);
  net.constants.get('logits.bias')?.data.fill(0);
  const meaning = { kind: 'image', channels: 'rgb', mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const;
  const graph = net.graph([1, 3, 8, 8], logits);
  return {
    ...graph,
    name: 'colours',
    inputs: graph.inputs.map((input) => ({ ...input, meaning })),
    outputs: [{ name: logits, meaning: { kind: 'classes', labels: ['red', 'green', 'blue'] } }],
  };
}

/** A folder with a model, pictures of each colour, and them all in a zip of class folders. */
export function colourFiles(): {
  readonly folder: string;
  readonly model: string;
  readonly data: string;
  readonly picture: string;
} {
  const folder = temporaryFolder();
  const files: Record<string, Uint8Array> = {};
  for (const [name, [red, green, blue]] of Object.entries(colours)) {
    for (let i = 0; i < 4; i++)
      files[`${name}/${i}.png`] = pngOf(8, 8, [red - 3 * i, green - 2 * i, blue - i]);
  }
  const at = (name: string): string => join(folder, name);
  writeFileSync(at('colours.spikelet'), pack(colourClassifier()));
  writeFileSync(at('data.zip'), zipOf(files));
  writeFileSync(at('green.png'), pngOf(20, 10, colours.green));
  return { folder, model: at('colours.spikelet'), data: at('data.zip'), picture: at('green.png') };
}
