import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import type { Graph } from '../../../src/graph/graph.js';
import type { Node, NodeFor } from '../../../src/graph/ops/table.js';
import type { Engine } from './engine.js';

type Values = Map<string, tf.Tensor>;

/** Where the backend's own WebAssembly files are, ending in a slash. */
export async function startTfjs(wasmFolder: string, threads: number): Promise<void> {
  setWasmPaths(wasmFolder);
  setThreadsCount(threads);
  await tf.setBackend('wasm');
  await tf.ready();
}

/** Constants in the layouts of tfjs: convolution weights HWIO, matrices [in, out]. */
function constantsOf(graph: Graph): Values {
  const values: Values = new Map();
  for (const [name, { data, shape, dtype }] of graph.constants) {
    if (dtype !== 'f32') throw new Error(`the tfjs network is f32 only, constant '${name}' is ${dtype}`);
    const order = shape.length === 4 ? [2, 3, 1, 0] : shape.length === 2 ? [1, 0] : [0];
    values.set(
      name,
      tf.tidy(() => tf.transpose(tf.tensor(data, [...shape]), order)),
    );
  }
  return values;
}

function computed<Rank extends tf.Tensor>(values: Values, name: string | undefined): Rank {
  const value = values.get(name ?? '');
  if (!value) throw new Error(`value '${name}' is not computed before it is used`);
  // The rank is known from the operation that the value goes into.
  return value as Rank;
}

/** The relu that alone consumes a node's output, which tfjs can compute together with it. */
function fusedRelu(graph: Graph, node: Node): Node | undefined {
  const consumers = graph.nodes.filter((other) => other.inputs.some((name) => name === node.outputs[0]));
  return consumers.length === 1 && consumers[0]?.op === 'relu' ? consumers[0] : undefined;
}

function convolve(values: Values, node: NodeFor<'conv'>, relu: boolean): tf.Tensor {
  const { strides, pads } = node.attributes;
  return tf.fused.conv2d({
    x: computed<tf.Tensor4D>(values, node.inputs[0]),
    filter: computed<tf.Tensor4D>(values, node.inputs[1]),
    bias: computed<tf.Tensor1D>(values, node.inputs[2]),
    strides: [strides[0] ?? 1, strides[1] ?? 1],
    pad: pads[0] ?? 0,
    dimRoundingMode: 'floor',
    activation: relu ? 'relu' : 'linear',
  });
}

function compute(values: Values, node: Node, relu: boolean): tf.Tensor {
  const x = () => computed<tf.Tensor4D>(values, node.inputs[0]);
  switch (node.op) {
    case 'conv':
      return convolve(values, node, relu);
    case 'add':
      return tf.add(x(), computed(values, node.inputs[1]));
    case 'relu':
      return tf.relu(x());
    case 'maxPool':
      return tf.maxPool(x(), 2, 2, 'valid');
    case 'globalAveragePool':
      return tf.mean(x(), [1, 2], true);
    case 'reshape':
      return tf.reshape(x(), [...node.attributes.shape]);
    case 'linear':
      return tf.fused.matMul({
        a: computed<tf.Tensor2D>(values, node.inputs[0]),
        b: computed<tf.Tensor2D>(values, node.inputs[1]),
        bias: computed(values, node.inputs[2]),
      });
    default:
      throw new Error(`operation '${node.op}' is not part of the tfjs comparison`);
  }
}

/** tfjs with its WebAssembly backend: NHWC, convolutions fused with bias and relu. f32 networks only. */
export const tfjs: Engine = async (graph, image) => {
  const constants = constantsOf(graph);
  const shape = graph.inputs[0]?.type.shape ?? [];
  const [batch = 1, channels = 1, height = 1, width = 1] = shape;
  const plain = tf.tensor4d(image, [batch, channels, height, width]);
  const channelsLast = await tf.transpose(plain, [0, 2, 3, 1]).data<'float32'>();
  plain.dispose();
  const fused = new Map<Node, Node | undefined>(
    graph.nodes.filter((node) => node.op === 'conv').map((node) => [node, fusedRelu(graph, node)]),
  );
  const skipped = new Set(fused.values());
  const infer = (): tf.Tensor => {
    const values: Values = new Map(constants);
    values.set(graph.inputs[0]?.name ?? '', tf.tensor4d(channelsLast, [batch, height, width, channels]));
    for (const node of graph.nodes) {
      if (skipped.has(node)) continue;
      const relu = fused.get(node);
      const result = compute(values, node, relu !== undefined);
      values.set((relu ?? node).outputs[0] ?? '', result);
    }
    return computed(values, graph.outputs[0]?.name);
  };
  return {
    async run() {
      const scores = tf.tidy(infer);
      const data = await scores.data<'float32'>();
      scores.dispose();
      return data;
    },
    async close() {
      for (const value of constants.values()) value.dispose();
    },
  };
};
