import * as ort from 'onnxruntime-web';
import { load } from 'spikelet';
import { fold, quantize } from 'spikelet/compress';
import type { Graph } from '../../../src/graph/graph.js';
import { toOnnxModel } from '../../onnx/index.js';
import { encodeModel } from '../../onnx/messages.js';
import { spellOut } from '../../onnx/spell-out.js';
import { alternate } from '../alternate.js';
import type { LoadedNetwork } from '../engines/engine.js';
import { spikelet } from '../engines/spikelet.js';
import { seededRandom } from '../networks/draft.js';
import { type Ratio, ratioOf, type Spread, spreadOf } from '../statistics.js';
import { quantizeDynamically, type WeightType } from './dynamic.js';
import { visionShapes, visionTransformer } from './vision.js';

async function onnxruntime(bytes: Uint8Array, image: Float32Array, graph: Graph): Promise<LoadedNetwork> {
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
  });
  const [input, output] = [graph.inputs[0], graph.outputs[0]];
  const feeds = { [input?.name ?? '']: new ort.Tensor('float32', image, input?.type.shape ?? []) };
  return {
    async run() {
      const scores = (await session.run(feeds))[output?.name ?? ''];
      if (!(scores?.data instanceof Float32Array)) throw new Error('onnxruntime-web returned no f32 scores');
      return scores.data;
    },
    close: () => session.release(),
  };
}

/** Signal over the difference from the expected scores, in decibels. */
function agreement(scores: Float32Array, expected: Float32Array): number {
  let [signal, noise] = [0, 0];
  expected.forEach((value, i) => {
    signal += value ** 2;
    noise += (value - (scores[i] ?? Number.NaN)) ** 2;
  });
  return 10 * Math.log10(signal / noise);
}

const randomImage = (count: number, seed: number): Float32Array => {
  const random = seededRandom(seed);
  return Float32Array.from({ length: count }, () => 2 * random() - 1);
};

/** The options of the command line. */
function readArguments(given: readonly string[]) {
  const name = (given.find((word) => !word.startsWith('-') && word in visionShapes) ??
    'vit-tiny') as keyof typeof visionShapes;
  const at = given.indexOf('--rounds');
  return { name, rounds: at < 0 ? 15 : Number(given[at + 1]), asJson: given.includes('--json') };
}

async function quantized(graph: Graph, samples: number): Promise<Graph> {
  const [input] = graph.inputs;
  const shape = input?.type.shape ?? [];
  const count = shape.reduce((a, b) => a * b, 1);
  const images = Array.from({ length: samples }, (_, i) => ({
    [input?.name ?? '']: { dtype: 'f32' as const, shape, data: randomImage(count, 100 + i) },
  }));
  return quantize(graph, images, {
    calibration: 'minmax',
    biasCorrection: false,
    executor: (part) => load(part),
  });
}

const dynamicName = (type: WeightType): string => `onnxruntime-web dynamic int8, ${type} weights`;

/** All that is compared, by name; the first gives the expected scores. */
async function networksOf(
  graph: Graph,
  image: Float32Array,
): Promise<Readonly<Record<string, LoadedNetwork>>> {
  const spelled = toOnnxModel(spellOut(graph));
  const dynamic = (type: WeightType): Promise<LoadedNetwork> =>
    onnxruntime(encodeModel(quantizeDynamically(spelled, type)), image, graph);
  return {
    'onnxruntime-web fp32': await onnxruntime(encodeModel(spelled), image, graph),
    'spikelet fp32': await spikelet(fold(graph), image, 1),
    [dynamicName('u8')]: await dynamic('u8'),
    [dynamicName('i8')]: await dynamic('i8'),
    'spikelet int8': await spikelet(await quantized(graph, 4), image, 1),
  };
}

/** Ratios of medians; of the two forms of dynamic quantization the faster one counts. */
function ratiosOf(cell: (name: string) => readonly number[]): Readonly<Record<string, Ratio>> {
  const [u8, i8] = [cell(dynamicName('u8')), cell(dynamicName('i8'))];
  const fastest = spreadOf(i8).median < spreadOf(u8).median ? i8 : u8;
  return {
    fp32: ratioOf(cell('onnxruntime-web fp32'), cell('spikelet fp32')),
    'int8 over dynamic int8': ratioOf(fastest, cell('spikelet int8')),
    'int8 over fp32': ratioOf(cell('onnxruntime-web fp32'), cell('spikelet int8')),
  };
}

type Cells = Readonly<Record<string, Spread & { readonly decibels: number }>>;

function print(title: string, cells: Cells, ratios: Readonly<Record<string, Ratio>>): void {
  console.log(`${title}: median (first to ninth decile) in ms`);
  for (const [which, { median, low, high, decibels }] of Object.entries(cells)) {
    const same = decibels === Number.POSITIVE_INFINITY ? '' : `, ${decibels.toFixed(1)} dB from the first`;
    console.log(`  ${which.padEnd(44)}${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})${same}`);
  }
  for (const [what, { ratio, low, high }] of Object.entries(ratios)) {
    console.log(
      `  ${what.padEnd(44)}${ratio.toFixed(2)} times as fast (${low.toFixed(2)} to ${high.toFixed(2)})`,
    );
  }
}

export async function main(given: readonly string[]): Promise<void> {
  const { name, rounds, asJson } = readArguments(given);
  ort.env.wasm.numThreads = 1;
  const shape = visionShapes[name];
  const networks = await networksOf(visionTransformer(name, shape), randomImage(3 * shape.side ** 2, 1));
  const names = Object.keys(networks);
  const list = Object.values(networks);
  const expected = Float32Array.from((await list[0]?.run()) ?? []);
  const decibels: number[] = [];
  for (const network of list) decibels.push(agreement(await network.run(), expected));
  const samples = await alternate(list, { rounds, burst: 1, rest: 0 });
  for (const network of list) await network.close();
  const ratios = ratiosOf((which) => samples[names.indexOf(which)] ?? []);
  const cells = Object.fromEntries(
    names.map((which, i) => [which, { ...spreadOf(samples[i] ?? []), decibels: decibels[i] ?? Number.NaN }]),
  );
  if (asJson) console.log(JSON.stringify({ name, node: process.version, rounds, cells, ratios }, null, 2));
  else print(`${name}, ${process.version}, one thread, ${rounds} rounds`, cells, ratios);
}
