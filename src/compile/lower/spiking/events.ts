import { elementCount } from '../../../graph/tensor.js';
import { type EventShape, mostEntriesFor, type SpikeWeights } from '../../cost/spiking.js';
import { spikingCosts } from '../../cost/spiking-table.js';
import { roundUp } from '../../pack/weights.js';
import { type Argument, nowhere, type Pointer, pointer } from '../../program.js';
import type { Context, Value } from '../context.js';
import { type Convolution, type Part, windowSize } from '../dense-part.js';

/** Bytes of a word of staged integers; f32 weights go by the byte. */
const wordBytes = 4;
const mostOfAll = 2 ** 31 - 1;

/** Fields of a convolution that is always computed densely. */
export const withoutList = {
  ...{ bounds: nowhere, patchPixels: nowhere, segmentPixels: nowhere, segmentSpan: 1 },
  ...{ entries: nowhere, mostEntries: 0 },
};

/** Where the spikes that make up a value are counted, if they are. */
function spikeCounter({ graph, program }: Context, value: string): Pointer | undefined {
  const reshaped = new Map(
    graph.nodes.flatMap(({ op, inputs, outputs }) =>
      op === 'reshape' ? [[outputs[0], inputs[0] ?? ''] as const] : [],
    ),
  );
  let name = value;
  while (reshaped.has(name)) name = reshaped.get(name) ?? '';
  return program.counters.find((counter) => counter.value === name && counter.mostEntries === undefined)?.at;
}

/** What the cost of a part depends on; undefined where words do not fit into pixels. */
function eventShape(
  x: Value,
  problem: Convolution,
  { staged, patches, outChannels }: Part,
  weights: SpikeWeights,
): EventShape | undefined {
  const channels = problem.channels / problem.groups;
  const entryElements = weights === 'f32' ? 1 : wordBytes / staged.elementBytes;
  if (weights !== 'f32' && channels % wordBytes !== 0) return undefined;
  const pixels = patches.pixelOffsets.length;
  const patch = (windowSize(problem) * channels) / entryElements;
  const inPixels = elementCount(x.type.shape) / problem.channels;
  const rows = problem.images * (staged.depth ?? 1) * staged.height;
  return {
    ...{ pixels, blocks: Math.ceil(outChannels / 8), patch },
    staged: (rows * staged.width * channels) / entryElements,
    uses: (pixels * windowSize(problem)) / inPixels,
  };
}

/**
 * Has the entries of a staged input listed where that can pay: gives the fields by which the convolution after it goes
 * through the list, unless the list turns out too long.
 */
export function listEvents(
  context: Context,
  name: string,
  x: Value,
  problem: Convolution,
  part: Part,
  weights: SpikeWeights,
): Readonly<Record<string, Argument>> {
  const { program, target, choices } = context;
  const { staged, patches } = part;
  const shape = eventShape(x, problem, part, weights);
  if (!shape || choices.events === 'never') return withoutList;
  const bytes = weights === 'f32';
  const costs = spikingCosts[target.variant];
  const chosen = mostEntriesFor(costs.weights[weights], bytes ? costs.bytes : costs.words, shape);
  const mostEntries = choices.events === 'always' ? shape.staged : chosen;
  if (mostEntries < 0) return withoutList;
  const entryElements = bytes ? 1 : wordBytes / staged.elementBytes;
  const stride = staged.channels * staged.elementBytes;
  const rows = problem.images * (staged.depth ?? 1) * staged.height;
  const boundsBytes = roundUp(8 * rows * staged.width, 16);
  const lists = program.scratch(`${name}.list`, boundsBytes + 4 * shape.staged);
  const counter = program.counter(x.name, 0, mostEntries);
  const bounds = pointer(lists);
  program.call(bytes ? 'u8_list_bytes' : 'u8_list_words', rows, {
    ...{ input: staged.at, entries: pointer(lists, boundsBytes), bounds, counter },
    // As long as there are too many spikes, there are too many entries: a part sees no more than its own.
    spikes: (problem.groups === 1 && !choices.events && spikeCounter(context, x.name)) || nowhere,
    mostSpikes: Math.min(mostOfAll, mostEntries * entryElements),
    ...{ mostEntries, pixels: staged.width, pixelStride: stride },
    pixelBytes: (problem.channels / problem.groups) * staged.elementBytes,
  });
  const inPixels = (offsets: Int32Array): Int32Array => offsets.map((offset) => offset / stride);
  return {
    ...{ bounds, entries: counter, mostEntries },
    patchPixels: program.constant(`${name}.patchPixels`, inPixels(patches.pixelOffsets)),
    segmentPixels: program.constant(`${name}.segmentPixels`, inPixels(patches.segmentOffsets)),
    segmentSpan: patches.segmentLength / (problem.channels / problem.groups),
  };
}
