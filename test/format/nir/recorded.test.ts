import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { eventFrames, readNmnist } from '../../../src/data/index.js';
import { fromNir } from '../../../src/format/nir/index.js';
import type { Graph } from '../../../src/graph/graph.js';
import { interpret } from '../../../src/graph/interpret.js';
import type { Tensor } from '../../../src/graph/tensor.js';
import { load } from '../../../src/index.js';
import { refusal, runGraph } from './run.js';
import { hasNir, hasNmnist, nmnistSamples, recordedArray, recordedGraph, why } from './shared.js';

const timeStep = 1e-4;

/** A graph that gives the membranes of its last layer too. */
function withMembranes(graph: Graph): Graph {
  const nodes = graph.nodes.map((node) =>
    node.op === 'lif' && node.outputs[0] === graph.outputs[0]?.name
      ? { ...node, outputs: [...node.outputs, 'membrane'] }
      : node,
  );
  return { ...graph, nodes, outputs: [...graph.outputs, { name: 'membrane' }] };
}

const at = (tensor: Tensor | undefined, i: number): number => tensor?.data[i] ?? Number.NaN;

describe.skipIf(!hasNir)(`a neuron as the simulators of the NIR paper recorded it (${why})`, () => {
  /** Input of the paper's first experiment: a spike or none every tenth step of 1000. */
  const spikeSlots = [
    6, 22, 27, 31, 32, 35, 37, 40, 41, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 68, 69, 70, 71, 72, 73, 74,
    75, 76, 77, 78, 79, 85, 86,
  ];
  const steps = 1000;
  const input = new Float32Array(steps);
  for (const slot of spikeSlots) input[10 * slot] = 1;

  function run(reset: 'value' | 'subtract', delayedReset: boolean) {
    const graph = withMembranes(
      fromNir(recordedGraph('01_lif/lif_norse'), { steps, timeStep, reset, delayedReset }),
    );
    const result = interpret(graph, { input: { dtype: 'f32', shape: [steps, 1], data: input } });
    const spikes = Array.from(result.output?.data ?? []).flatMap((spike, t) => (spike ? [t] : []));
    return { spikes, membrane: result.membrane };
  }

  test('snnTorch: membranes to the bit', () => {
    const { spikes, membrane } = run('value', true);
    expect(spikes).toEqual([460, 510, 720, 770]);
    const recorded = new Map([
      [60, 0.03999999910593033],
      [61, 0.03839999809861183],
      [100, 0.007814638316631317],
      [219, 0.000060699381720041856],
      [270, 0.04520299285650253],
      [350, 0.06129423901438713],
      [460, 0.1063796877861023],
      [461, 0],
      [470, 0.03999999910593033],
      [510, 0.10384232550859451],
      [511, 0],
    ]);
    for (const [t, value] of recorded) expect(at(membrane, t)).toBe(value);
  });

  test('Norse: membranes to 1e-6, which adds up in another order', () => {
    const { spikes, membrane } = run('value', false);
    expect(spikes).toEqual([460, 510, 720, 770]);
    const recorded = new Map([
      [60, 0.04],
      [219, 6.069961e-5],
      [270, 0.045202997],
      [440, 0.090013996],
      [450, 0.09984423],
      [460, 0],
      [470, 0.04],
      [500, 0.09602771],
    ]);
    for (const [t, value] of recorded) expect(Math.abs(at(membrane, t) - value)).toBeLessThan(1e-6);
  });

  test('two neurons, the first driven by its own leak: as the closed form of its steps says', () => {
    const graph = fromNir(recordedGraph('01_lif/debug_spike_representation/two_lif_neurons'), {
      steps,
      timeStep,
    });
    const layers = graph.nodes
      .filter(({ op }) => op === 'lif')
      .map(({ outputs }) => ({ name: outputs[0] ?? '' }));
    const zeros = { dtype: 'f32', shape: [steps, 1], data: new Float32Array(steps) } as const;
    const result = interpret({ ...graph, outputs: layers }, { in: zeros });
    const [first, second] = layers.map(({ name }) => Array.from(result[name]?.data ?? []));
    // u(k) = 1.2 - (1.2 - u(0)) * 0.99^k crosses 1 after as many steps; then the threshold of 1 is taken off.
    const expected: number[] = [];
    for (let t = 0, u = 0; t < steps; ) {
      const wait = Math.floor(Math.log(0.2 / (1.2 - u)) / Math.log(0.99)) + 1;
      u = 1.2 - (1.2 - u) * 0.99 ** wait - 1;
      t += wait;
      if (t <= steps) expected.push(t - 1);
    }
    expect(first?.flatMap((spike, t) => (spike ? [t] : []))).toEqual(expected);
    expect(expected.length).toBeGreaterThan(4);
    // A spike lifts the second by 0.01 at most, its threshold is 20.
    expect(second?.every((spike) => spike === 0)).toBe(true);
  });
});

describe.skipIf(!hasNir)(`recurrent networks that read Braille (${why})`, () => {
  const variants = [
    ['noDelay_bias_zero', 38, { reset: 'value' }, ['snntorch', 'norse', 's2', 'spyx', 'nengo']],
    [
      'noDelay_noBias_subtract',
      40,
      { reset: 'subtract' },
      ['snntorch', 'norse', 's2', 'spyx', 'nengo', 'rockpool'],
    ],
  ] as const;
  test.each(variants)('%s: the graph as snnTorch trained it', (name, size, options) => {
    const graph = fromNir(recordedGraph(`03_rnn/braille_${name}`), { steps: 256, timeStep, ...options });
    expect(graph.nodes.map(({ op }) => op)).toEqual(['linear', 'lif', 'linear', 'lif']);
    expect(graph.inputs[0]?.type.shape).toEqual([256, 12]);
    expect(graph.constants.get('lif1.lif.recurrent')?.shape).toEqual([size, size]);
    // Time constants come back as the decays of the training, rounded to f32: gains of 1 are left out.
    const decays = name.endsWith('zero') ? [0.9, 0.55, 0.55, 0.5] : [0.85, 0.75, 0.7, 0.45];
    const given = ['lif1.lif.leak', 'lif1.lif.synapticLeak', 'lif2.leak', 'lif2.synapticLeak'];
    expect(given.map((constant) => graph.constants.get(constant)?.data[0])).toEqual(
      decays.map((decay) => expect.closeTo(decay, 6)),
    );
  });

  /** The network behind its first layer, which takes that layer's spikes. */
  function tailOf(graph: Graph, size: number): Graph {
    const hidden = graph.nodes[1]?.outputs[0] ?? '';
    const type = { dtype: 'u8', shape: [256, size], quantization: { scale: 1, zeroPoint: 0 } } as const;
    const constants = new Map([...graph.constants].filter(([name]) => /^(fc2|lif2)\./.test(name)));
    return { ...graph, inputs: [{ name: hidden, type }], nodes: graph.nodes.slice(2), constants };
  }

  // The letters themselves are no part of the recorded data, so that the first layer cannot be run.
  test.each(
    variants,
  )('%s: spikes recorded by simulators are read as one letter, A', (name, size, options, simulators) => {
    const graph = fromNir(recordedGraph(`03_rnn/braille_${name}`), { steps: 256, timeStep, ...options });
    const tail = tailOf(graph, size);
    for (const simulator of simulators) {
      const { shape, data } = recordedArray(`03_rnn/${simulator}_activity_${name}`);
      expect(shape).toEqual([256, size]);
      const spikes = runGraph(tail, data).data;
      const counts = new Array<number>(7).fill(0);
      spikes.forEach((spike, i) => {
        counts[i % 7] = (counts[i % 7] ?? 0) + spike;
      });
      expect([simulator, counts.indexOf(Math.max(...counts))]).toEqual([simulator, 1]);
    }
  });

  test('two files of the paper name nodes that they do not have', () => {
    for (const [name] of variants) {
      const error = refusal(recordedGraph(`03_rnn/extras/braille_${name}_subgraph`));
      expect(error).toMatchObject({ code: 'invalid-model', where: "node 'lif1': edges" });
      expect(error.message).toContain("there is no node 'lif'; did you mean 'lif1'?");
    }
  });
});

/** Pearson's correlation of two maps. */
function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const mean = (x: ArrayLike<number>): number =>
    Array.from(x).reduce((sum, value) => sum + value, 0) / x.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [da, db] = [(a[i] ?? 0) - ma, (b[i] ?? 0) - mb];
    ab += da * db;
    aa += da * da;
    bb += db * db;
  }
  return ab / Math.sqrt(aa * bb);
}

describe.skipIf(!hasNir || !hasNmnist)(`a network that reads N-MNIST (${why})`, () => {
  const steps = 300;
  const options = { steps, inputType: 'u8' } as const;
  /** Events of a sample in frames of 1 ms, as the paper has them. */
  const framesOf = (file: string) =>
    eventFrames(readNmnist(readFileSync(file), { name: file }), { window: 1000, steps });
  const imported = () => fromNir(recordedGraph('02_cnn/cnn_sinabs'), options);

  test('is imported whole', () => {
    const graph = imported();
    expect(graph.nodes.map(({ op }) => op).join(' ')).toBe(
      'conv lif conv lif sumPool conv lif sumPool reshape linear lif linear lif',
    );
    expect(graph.outputs).toEqual([{ name: 'output' }]);
  });

  test('reads 28 of the first 30 samples or more: simulators and chips 95.4 to 98.5 % of all', async () => {
    const model = await load(imported());
    let right = 0;
    for (const [file, label] of nmnistSamples().slice(0, 30)) {
      const { output } = await model.run({ input: framesOf(file).data });
      const counts = new Array<number>(10).fill(0);
      output?.data.forEach((spike, i) => {
        counts[i % 10] = (counts[i % 10] ?? 0) + spike;
      });
      if (counts.indexOf(Math.max(...counts)) === label) right++;
    }
    model.close();
    expect(right).toBeGreaterThanOrEqual(28);
  }, 120_000);

  // The chip was given the first sample of each digit, event by event and with weights of 8 bits; what was kept are
  // the spikes of its first layer, counted over the whole sample: more of them than in steps of 1 ms, in the same places.
  test('fires in its first layer where the chip Speck did', async () => {
    const graph = imported();
    const constants = new Map([...graph.constants].filter(([name]) => /^[01]\./.test(name)));
    const model = await load({
      ...graph,
      nodes: graph.nodes.slice(0, 2),
      constants,
      outputs: [{ name: '1' }],
    });
    const { shape, data } = recordedArray('02_cnn/speck_activity');
    expect(shape).toEqual([1, 10, 16, 16, 16]);
    const size = 16 * 16 * 16;
    const speck = Array.from({ length: 10 }, (_, digit) => data.subarray(digit * size, (digit + 1) * size));
    const samples = new Map([...nmnistSamples()].reverse().map(([file, label]) => [label, file] as const));
    for (const [label, file] of samples) {
      const result = await model.run({ input: framesOf(file).data });
      const counts = new Float64Array(size);
      result['1']?.data.forEach((spike, i) => {
        counts[i % size] = (counts[i % size] ?? 0) + spike;
      });
      const alike = speck.map((map) => correlation(counts, map));
      expect([label, alike.indexOf(Math.max(...alike))]).toEqual([label, label]);
      expect(alike[label]).toBeGreaterThan(0.75);
    }
    model.close();
    expect(samples.size).toBeGreaterThanOrEqual(9);
  }, 120_000);
});
