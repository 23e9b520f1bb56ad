import { describe, expect, test } from 'vitest';
import { fromNir, type NirOptions } from '../../../src/format/nir/index.js';
import { array, chain, type GraphSpec, integers, list, type NodeSpec, nirFile } from './nir-file.js';
import { refusal } from './run.js';

const lif: NodeSpec = { type: 'LIF', tau: list(0.01), r: list(1), v_leak: list(0), v_threshold: list(1) };
const one = (node: NodeSpec, inputShape = [1], outputShape = [1]) =>
  nirFile(chain(inputShape, { node }, outputShape));

describe('what cannot be imported', () => {
  test('is listed all at once by name, type and reason', async () => {
    const spec = chain(
      [2],
      {
        odd: { type: 'Oscillator', r: list(1) },
        layer: {
          ...lif,
          tau: list(1, 1),
          r: list(1, 1),
          v_leak: list(0, 0),
          v_threshold: list(1, 1),
          v_reset: list(0, 1),
        },
        cube: { type: 'Linear', weight: array([1, 2, 2], [1, 2, 3, 4]) },
      },
      [2],
    );
    const apart = {
      ...spec,
      edges: [
        ['in', 'odd'],
        ['in', 'layer'],
        ['in', 'cube'],
        ['odd', 'out'],
        ['layer', 'out'],
        ['cube', 'out'],
      ],
    } as const;
    const error = refusal(await nirFile(apart));
    expect(error.code).toBe('unsupported');
    expect(error.message).toContain('3 nodes of the NIR graph cannot be imported');
    expect(error.message).toContain('odd (Oscillator): the type is not known');
    expect(error.message).toContain('layer (LIF): v_reset differs from neuron to neuron');
    expect(error.message).toContain('cube (Linear): weight has 3 dimensions');
  });

  test('a leak in a current-based layer is for those without a loop', async () => {
    const cuba: NodeSpec = {
      type: 'CubaLIF',
      tau_syn: list(0.01),
      tau_mem: list(0.01),
      r: list(1),
      v_leak: list(1),
      v_threshold: list(1),
      w_in: list(1),
    };
    expect(fromNir(await one(cuba), { steps: 2, timeStep: 1e-3 }).nodes.map(({ op }) => op)).toContain(
      'integrate',
    );
    const spec = chain([1], { node: cuba }, [1]);
    const error = refusal(await nirFile({ ...spec, edges: [...spec.edges, ['node', 'node']] }));
    expect(error.message).toContain('node (CubaLIF): v_leak of a current-based layer in a loop must be 0');
  });
});

describe('damaged graphs name the place', () => {
  test.each<readonly [string, NodeSpec, string, string]>([
    ['NaN in a time constant', { ...lif, tau: list(Number.NaN) }, 'tau', 'element 0 is NaN'],
    ['a time constant of 0', { ...lif, tau: list(0) }, 'tau', 'must be more than 0 seconds'],
    ['a negative time constant', { ...lif, tau: list(-1) }, 'tau', 'must be more than 0 seconds'],
    [
      'an infinite threshold',
      { ...lif, v_threshold: list(Number.POSITIVE_INFINITY) },
      'v_threshold',
      'must be a finite number',
    ],
    ['a missing parameter', { type: 'LIF', tau: list(1) }, 'r', 'is missing'],
    ['a parameter of another shape', { ...lif, r: list(1, 2) }, 'r', 'has shape [2], but the layer has [1]'],
    ['a text for numbers', { ...lif, r: 'one' }, 'r', 'must be numbers'],
    [
      'a matrix of other columns',
      { type: 'Linear', weight: array([1, 2], [1, 2]) },
      'weight',
      'takes 2 values',
    ],
    [
      'a bias of another length',
      { type: 'Affine', weight: array([1, 1], [1]), bias: list(1, 2) },
      'bias',
      'has 2 numbers',
    ],
    [
      'a convolution of a list',
      { type: 'Conv2d', weight: array([1, 1, 1, 1], [1]) },
      'weight',
      'needs an input of 3 dimensions',
    ],
    [
      'pooling of a list',
      { type: 'SumPool2d', kernel_size: integers(2, 2) },
      'kernel_size',
      'needs an input [channels, height, width]',
    ],
    ['a negative delay', { type: 'Delay', delay: list(-1) }, 'delay', 'must be 0 to 65536 steps'],
    ['a delay without end', { type: 'Delay', delay: list(1e9) }, 'delay', 'must be 0 to 65536 steps'],
    [
      'axes that do not exist',
      { type: 'Flatten', start_dim: 5, end_dim: -1 },
      'start_dim',
      'must be integers from -1 to 0',
    ],
  ])('%s', async (_, node, field, message) => {
    const error = refusal(await one(node));
    expect(error).toMatchObject({ code: 'invalid-model', where: `node 'node': ${field}` });
    expect(error.message).toContain(message);
  });

  test.each<readonly [string, (spec: GraphSpec) => GraphSpec, string, string]>([
    [
      'an edge to nowhere',
      (s) => ({ ...s, edges: [...s.edges, ['node', 'nodes']] }),
      'edges',
      "there is no node 'nodes'; did you mean 'node'?",
    ],
    [
      'a node without input',
      (s) => ({
        ...s,
        edges: [
          ['in', 'out'],
          ['node', 'out'],
        ],
      }),
      "node 'node'",
      'no edge leads to it',
    ],
    [
      'no way through',
      (s) => ({ ...s, edges: [['in', 'node']] }),
      'edges',
      'no path leads from an Input to an Output',
    ],
    ['no edges', (s) => ({ ...s, edges: [] }), 'edges', ''],
    ['an edge from the output', (s) => ({ ...s, edges: [...s.edges, ['out', 'node']] }), '', 'out'],
    [
      'an output of another shape',
      (s) => ({ ...s, nodes: { ...s.nodes, out: { type: 'Output', shape: integers(7) } } }),
      "node 'out': shape",
      'is [7], but the graph gives [1]',
    ],
    [
      'no output',
      (s) => ({ nodes: { in: s.nodes.in ?? lif, node: lif }, edges: [['in', 'node']] }),
      'nodes',
      'there is no Output node',
    ],
    [
      'no type',
      (s) => ({ ...s, nodes: { ...s.nodes, node: { r: list(1) } as unknown as NodeSpec } }),
      "node 'node'",
      "has no 'type'",
    ],
  ])('%s', async (_, edit, where, message) => {
    const error = refusal(await nirFile(edit(chain([1], { node: lif }, [1]))));
    expect(['invalid-model', 'unsupported']).toContain(error.code);
    expect(error.where ?? '').toContain(where);
    expect(error.message).toContain(message);
  });

  test('nested graphs have one input and one output', async () => {
    const input: NodeSpec = { type: 'Input', shape: integers(1) };
    const output: NodeSpec = { type: 'Output', shape: integers(1) };
    const inner: NodeSpec = {
      type: 'NIRGraph',
      nodes: { input, a: output, b: output },
      edges: [
        ['input', 'a'],
        ['input', 'b'],
      ],
    };
    const error = refusal(await nirFile(chain([1], { node: inner }, [1])));
    expect(error).toMatchObject({ code: 'invalid-model', where: "node 'node'" });
    expect(error.message).toContain('must have one Output node, this one has 2');
  });

  test('nesting without end', async () => {
    let node: NodeSpec = lif;
    for (let depth = 0; depth < 20; depth++) {
      const { nodes, edges } = chain([1], { node }, [1]);
      node = { type: 'NIRGraph', nodes: { ...nodes }, edges };
    }
    const spec = node as unknown as GraphSpec;
    expect(refusal(await nirFile({ nodes: spec.nodes, edges: spec.edges })).message).toContain(
      'nested deeper than 16',
    );
  });
});

describe('options', () => {
  test.each<readonly [string, unknown, string]>([
    ['steps', { steps: 0 }, 'must be an integer from 1 to 65536'],
    ['steps', {}, 'must be an integer'],
    ['timeStep', { steps: 1, timeStep: -1 }, 'seconds'],
    ['inputShape', { steps: 1, inputShape: [0] }, 'sizes'],
    ['reset', { steps: 1, reset: 'zero' }, 'must be one of file, subtract, value'],
    ['timestep', { steps: 1, timestep: 1 }, "did you mean 'timeStep'?"],
  ])('%s: %j', async (where, options, message) => {
    const error = refusal(await one(lif), options as NirOptions);
    expect(error).toMatchObject({ code: 'invalid-option', where });
    expect(error.message).toContain(message);
  });

  test('an input shape must fit the one of the file', async () => {
    const error = refusal(await one(lif), { steps: 1, timeStep: 1e-3, inputShape: [2] });
    expect(error).toMatchObject({ code: 'invalid-input', where: 'inputShape' });
  });
});
