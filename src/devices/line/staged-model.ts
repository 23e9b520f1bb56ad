import type { ModelSource } from '../../engine/open.js';
import type { ModelPort } from '../../engine/ports.js';
import { pack } from '../../format/spikelet.js';
import type { GraphInput } from '../../graph/graph.js';
import { elementCount, type TensorType } from '../../graph/tensor.js';
import { inferTypes } from '../../graph/types.js';
import { layersOf } from '../../pipeline/cut/layers.js';
import { stageGraph } from '../../pipeline/cut/stage-graph.js';
import type { ModelProfile } from '../../pipeline/profile.js';
import { portOf } from '../../pipeline/run/open.js';
import { estimate } from '../../pipeline/run/plan.js';
import { type ReadOptions, readGraph } from '../../pipeline/run/read-graph.js';
import { headerOf } from '../trust.js';

/** A model that can be cut into stages. */
export interface StagedModel {
  readonly name: string;
  readonly graphInputs: readonly GraphInput[];
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly ModelPort[];
  readonly layers: number;
  /** What stands for the whole model, without its weights. */
  readonly header: Uint8Array;
  /** The model file of layers `begin` to `end` (exclusive). */
  stageFile(begin: number, end: number): Uint8Array;
  /** Greatest bytes of the values of one item before a layer; those of the results after the last one. */
  bytesAt(layer: number): number;
  /** What the layers may take on types of devices with some multiplications a second. */
  estimate(speeds: Readonly<Record<string, number>>): ModelProfile;
}

const bytesPerValue = 4;
const leastBytes = 4096;
/** Room for the description of a value, and its range where it travels in fewer bits. */
const describedBytes = 1024;

/** Greatest bytes that values of some types take on the wire, with what describes them or an error in their place. */
export const wireBytes = (values: readonly (readonly [name: string, elements: number])[]): number =>
  values.reduce(
    (sum, [name, elements]) => sum + bytesPerValue * elements + describedBytes + 6 * name.length,
    leastBytes,
  );

export async function stagedModel(source: ModelSource, options: ReadOptions): Promise<StagedModel> {
  const graph = await readGraph(source, options);
  const types = inferTypes(graph);
  const layers = layersOf(graph, types);
  const elements = (name: string): readonly [string, number] => [name, elementCount(shapeOf(types, name))];
  const namesAt = (layer: number): readonly string[] => {
    if (layer === 0) return graph.inputs.map(({ name }) => name);
    if (layer === layers.length) return graph.outputs.map(({ name }) => name);
    return layers[layer - 1]?.crossing ?? [];
  };
  return {
    name: graph.name,
    graphInputs: graph.inputs,
    inputs: graph.inputs.map((input) => portOf(input, input.type)),
    outputs: graph.outputs.map((output) => portOf(output, types.get(output.name))),
    layers: layers.length,
    header: headerOf(pack(graph)).slice(),
    stageFile: (begin, end) => pack(stageGraph(graph, layers, begin, end, types)),
    bytesAt: (layer) => wireBytes(namesAt(layer).map(elements)),
    estimate: (speeds) => estimate(graph, layers, types, speeds),
  };
}

const shapeOf = (types: ReadonlyMap<string, TensorType>, name: string): readonly number[] =>
  types.get(name)?.shape ?? [];
