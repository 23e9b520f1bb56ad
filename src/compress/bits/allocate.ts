import { SpikeletError } from '../../error.js';
import { knownNames } from '../../graph/closest.js';
import type { Graph } from '../../graph/graph.js';
import { referenceExecutor } from '../../graph/interpret.js';
import type { WeightBits } from '../../graph/tensor.js';
import { fold } from '../fold/fold.js';
import { followedLayers } from '../layer-order.js';
import { type Layer, layersOf } from '../quantize/layers.js';
import { checkSample, repeatable, type Sample, type Samples } from '../quantize/samples.js';
import { schemeOf } from '../quantize/scheme.js';
import { checkAllocateOptions } from './check.js';
import { budgetFor, costInWords, layerCost } from './costs.js';
import type { AllocateOptions, Allocation } from './options.js';
import { type Choice, leastCost, leastError } from './program.js';
import { measureSensitivities, type Sensitivity } from './sensitivity.js';

const defaultWidths: readonly WeightBits[] = [2, 4, 8];

/**
 * Gives each layer of a float graph a width so that the outputs on samples change least within a budget. The change
 * is measured for one layer and width at a time, with weights rounded to the nearest level, and added up; the widths
 * are the exact optimum of that sum. The graph is folded first, as `quantize` does.
 *
 * Throws `invalid-option`, also where no widths are within the budget, and `invalid-input` for samples that do not fit.
 *
 * @example
 * const { layerBits } = await allocateBits(graph, images, { budget: { kind: 'bits', perWeight: 3 } });
 * const small = await quantize(graph, images, { layerBits });
 */
export async function allocateBits(
  graph: Graph,
  samples: Samples,
  options: AllocateOptions,
): Promise<Allocation> {
  checkAllocateOptions(options);
  const { budget } = options;
  const real = fold(graph);
  const layers = layersOf(real, schemeOf(real), {});
  if (layers.length === 0) {
    throw new SpikeletError('unsupported', 'it has no float layers', { where: `graph '${graph.name}'` });
  }
  const groups = tiedGroups(layers, options.ties ?? []);
  const widths = widthsByLayer(real, layers, groups, options);
  const widthsOf = (layer: Layer): readonly WeightBits[] => widths.get(layer) ?? [];
  const limit = budgetFor(layers, budget);
  const costs = groups.map((group) => widthsOf(firstOf(group)).map((bits) => sumOf(group, bits)));
  function sumOf(group: readonly Layer[], bits: WeightBits): number {
    return group.reduce((sum, layer) => sum + layerCost(layer, bits, budget), 0);
  }
  checkBudget(layers, costs, limit, options);
  const errors = await sensitivitiesOf(real, layers, widthsOf, samples, options);
  const program = groups.map((group, g) =>
    widthsOf(firstOf(group)).map((bits, c): Choice => {
      const error = group.reduce((sum, layer) => sum + (errors.get(layer)?.get(bits) ?? 0), 0);
      return { cost: costs[g]?.[c] ?? 0, error };
    }),
  );
  const chosen = leastError(program, limit);
  if (!chosen) throw new SpikeletError('internal', 'a budget that can be met was not');
  const bitsOf = new Map(
    groups.flatMap((group, g) =>
      group.map((layer) => [layer, widthsOf(layer)[chosen[g] ?? 0] ?? 8] as const),
    ),
  );
  return allocationOf(layers, bitsOf, errors, options, limit);
}

const firstOf = (group: readonly Layer[]): Layer => {
  const [first] = group;
  if (!first) throw new SpikeletError('internal', 'a group of layers is empty');
  return first;
};

/** Layers that get one width, in order of their first. */
function tiedGroups(
  layers: readonly Layer[],
  ties: readonly (readonly string[])[],
): readonly (readonly Layer[])[] {
  const names = layers.map(({ node }) => node.name);
  const groups = new Map(layers.map((layer) => [layer.node.name, [layer]]));
  for (const name of ties.flat()) {
    if (names.includes(name)) continue;
    throw new SpikeletError('invalid-option', `there is no such layer${knownNames(name, names)}`, {
      where: `ties '${name}'`,
    });
  }
  for (const tie of ties) {
    const joined = [...new Set(tie.flatMap((name) => groups.get(name) ?? []))];
    for (const { node } of joined) groups.set(node.name, joined);
  }
  return [...new Set(groups.values())];
}

/** Widths that each layer may have: those at the edges none below theirs. */
function widthsByLayer(
  graph: Graph,
  layers: readonly Layer[],
  groups: readonly (readonly Layer[])[],
  { widths = defaultWidths, edgeBits = 8 }: AllocateOptions,
): ReadonlyMap<Layer, readonly WeightBits[]> {
  const sorted = [...new Set(widths)].sort((a, b) => a - b);
  const wide = sorted.filter((bits) => bits >= edgeBits);
  const names = new Set(layers.map(({ node }) => node.name));
  const followed = followedLayers(graph, (name) => names.has(name));
  const isEdge = ({ level, node }: Layer): boolean => level === 1 || !followed.has(node.name);
  const ofGroup = (group: readonly Layer[]): readonly WeightBits[] => {
    if (!group.some(isEdge)) return sorted;
    return wide.length > 0 ? wide : [edgeBits];
  };
  return new Map(groups.flatMap((group) => group.map((layer) => [layer, ofGroup(group)] as const)));
}

function checkBudget(
  layers: readonly Layer[],
  costs: readonly (readonly number[])[],
  limit: number,
  { budget }: AllocateOptions,
): void {
  const least = leastCost(costs.map((group) => group.map((cost) => ({ cost, error: 0 }))));
  if (least <= limit) return;
  const message = `cannot be met: the least that these widths allow is ${costInWords(layers, budget, least)}`;
  throw new SpikeletError('invalid-option', message, {
    where: `budget of ${costInWords(layers, budget, limit)}`,
  });
}

async function sensitivitiesOf(
  graph: Graph,
  layers: readonly Layer[],
  widthsOf: (layer: Layer) => readonly WeightBits[],
  samples: Samples,
  { executor = referenceExecutor, signal, onProgress }: AllocateOptions,
): Promise<ReadonlyMap<Layer, Sensitivity>> {
  const checked: Sample[] = [];
  for await (const sample of await repeatable(samples)) {
    checkSample(graph, sample, checked.length);
    checked.push(sample);
  }
  if (checked.length === 0) {
    throw new SpikeletError(
      'invalid-input',
      'there are no samples: widths are chosen by what they change on some',
    );
  }
  const total = checked.length * layers.reduce((sum, layer) => sum + widthsOf(layer).length, 1);
  let done = 0;
  const runs = { executor, signal, onRun: () => onProgress?.({ done: ++done, total }) };
  const found = await measureSensitivities(graph, layers, widthsOf, checked, runs);
  return new Map(layers.map((layer, i) => [layer, found[i] ?? new Map()]));
}

function allocationOf(
  layers: readonly Layer[],
  bitsOf: ReadonlyMap<Layer, WeightBits>,
  errors: ReadonlyMap<Layer, Sensitivity>,
  { budget }: AllocateOptions,
  limit: number,
): Allocation {
  const described = layers.map((layer) => {
    const bits = bitsOf.get(layer) ?? 8;
    return {
      name: layer.node.name,
      weights: layer.weight.data.length,
      bits,
      cost: layerCost(layer, bits, budget),
      errors: Object.fromEntries(errors.get(layer) ?? []),
    };
  });
  return {
    layerBits: Object.fromEntries(described.map(({ name, bits }) => [name, bits])),
    layers: described,
    cost: described.reduce((sum, { cost }) => sum + cost, 0),
    budget: limit,
  };
}
