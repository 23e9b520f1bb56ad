import { fold } from '../compress/fold/fold.js';
import type { LayerProfile } from '../index.js';
import { drawActivity } from './activity/draw.js';
import { activityOptions, activityTarget, energyPairsIn, isSpiking, pairsFor } from './activity/pairs.js';
import { activityOf, activityTables } from './activity/report.js';
import { tallyOf } from './activity/tally.js';
import { type Command, modelOperand } from './command.js';
import { engineFacts, engineIn, engineOptions, start } from './engine.js';
import { checkTarget, writeWhole } from './files.js';
import { readModel } from './model-file.js';
import { integerIn, valueIn } from './parse.js';
import { eventCounts, randomInputs } from './random-inputs.js';
import { shapeOption, shapesIn } from './shapes.js';
import { facts, table } from './table.js';
import { formatBytes, formatDims, formatMacs, formatMs, formatPercent } from './text.js';

function layerTable(layers: readonly LayerProfile[]): string {
  const total = layers.reduce((sum, layer) => sum + layer.medianMs, 0);
  return table(
    [
      { title: 'layer' },
      { title: 'operation' },
      { title: 'kernel' },
      { title: 'output' },
      { title: 'bits', align: 'right' },
      { title: 'MACs', align: 'right' },
      { title: 'time', align: 'right' },
      { title: 'share', align: 'right' },
      { title: 'GMAC/s', align: 'right' },
      { title: 'execution' },
    ],
    layers.map((layer) => [
      layer.name,
      [layer.op, ...(layer.fused.length > 0 ? [`+${layer.fused.length}`] : [])].join(' '),
      [...new Set(layer.kernels)].join(' '),
      formatDims(layer.outputShape),
      layer.weightBits === 0 ? '' : String(layer.weightBits),
      formatMacs(layer.macs),
      formatMs(layer.medianMs),
      formatPercent(total > 0 ? layer.medianMs / total : 0),
      layer.macs === 0 ? '' : layer.gmacsPerSecond.toFixed(1),
      layer.execution ?? '',
    ]),
  );
}

const randomNote = 'Spikes are those of random inputs: spikelet eval counts them on data.';

export const profile: Command = {
  name: 'profile',
  summary: 'Measure where the time of a run goes, layer by layer',
  operands: [modelOperand],
  options: {
    runs: { value: '<n>', help: 'timed runs (default 20)' },
    trace: { value: '<file>', help: 'write a Chrome trace too, for chrome://tracing or Perfetto' },
    ...activityOptions,
    ...engineOptions,
    ...shapeOption,
  },
  examples: [
    'spikelet profile model.spikelet',
    'spikelet profile model.spikelet --trace trace.json --threads 2',
  ],
  async run(given, { out, signal }) {
    const runs = integerIn(given, 'runs', 20, 1, 100_000);
    const engine = engineIn(given);
    const asked = energyPairsIn(given);
    const shapes = shapesIn(given);
    const trace = valueIn(given, 'trace');
    if (trace !== undefined) checkTarget(trace, 'trace.json');
    const file = await readModel(given.positionals[0] ?? '', shapes);
    const graph = file.kind === 'onnx' ? fold(file.graph) : file.graph;
    const inputs = randomInputs(graph);
    const draw = activityTarget(given, graph);
    const pairs = pairsFor(asked, graph);
    const model = await start(graph, engine, signal);
    try {
      const measured = await model.profile(inputs, { runs, signal });
      const tally = tallyOf(model);
      tally.add();
      const activity = isSpiking(graph) && activityOf(graph, tally, eventCounts(graph, inputs), pairs);
      if (draw !== undefined) await drawActivity(draw, graph, inputs, tally.layers, signal);
      if (trace !== undefined) writeWhole(trace, JSON.stringify(measured.trace()), signal);
      const { variant, threads, memory } = model.explain();
      const { medianMs, layers } = measured;
      if (given.switches.has('json')) {
        const { bytes, regions } = memory;
        const about = { model: graph.name, variant, threads: threads.used, runs, medianMs };
        const document = { ...about, memory: { bytes, regions }, layers, ...(activity && { activity }) };
        out.write(`${JSON.stringify(document)}\n`);
        return;
      }
      const heading = facts([
        ['model', graph.name],
        ['engine', engineFacts(model)],
        ['memory', formatBytes(memory.bytes)],
        ['run', `${formatMs(medianMs)} (median of ${runs})`],
        ...(trace === undefined ? [] : [['trace', trace] as const]),
        ...(draw === undefined ? [] : [['activity', draw] as const]),
      ]);
      const spikes = activity ? `\n\n${activityTables(activity)}\n\n${randomNote}` : '';
      out.write(`${heading}\n\n${layerTable(layers)}${spikes}\n`);
    } finally {
      model.close();
    }
  },
};
