// Writes the figures of the newest saved results into README.md, between its two markers:
// node tools/bench/readme-table.mjs [--check]
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const readme = join(folder, '../../README.md');
const begin = '<!-- figures:begin -->';
const end = '<!-- figures:end -->';

function newestResults() {
  const results = join(folder, 'results');
  const files = readdirSync(results).filter((name) => name.endsWith('.json'));
  const parsed = files.map((name) => JSON.parse(readFileSync(join(results, name), 'utf8')));
  const [newest] = parsed.sort((a, b) => b.date.localeCompare(a.date));
  if (!newest) throw new Error('no results are saved: npm run bench -- --save');
  return newest;
}

const networkNames = { resnet18: 'ResNet-18', vgg16: 'VGG-16' };
const precision = (arithmetic) => (arithmetic === 'f32' ? 'fp32' : `int${arithmetic}`);
const milliseconds = (value) => `${value.toFixed(value < 100 ? 1 : 0)} ms`;
const times = (ratio) => `${ratio.toFixed(2)}x`;

const row = (cells) => `| ${cells.join(' | ')} |`;

function table(header, rows) {
  const rule = header.map((_, i) => (i < 2 ? '---' : '---:'));
  return [row(header), row(rule), ...rows.map(row)].join('\n');
}

function medianOf({ cells }, engine, arithmetic, threads, pruned = false) {
  const cell = cells.find(
    (each) =>
      each.engine === engine &&
      each.arithmetic === arithmetic &&
      each.threads === threads &&
      (each.pruning !== undefined) === pruned,
  );
  return cell?.milliseconds.median;
}

const isDense = ({ cells }) => cells.every(({ pruning }) => !pruning);

/** Every width of weights in the newer Node; onnxruntime-web has none below int8. */
function precisionRows({ latency }) {
  return latency
    .filter((result) => result.runtime === 'Node 26' && result.threads === 1 && isDense(result))
    .flatMap((result) =>
      ['f32', 8, 4, 2].map((arithmetic) => {
        const own = medianOf(result, 'spikelet', arithmetic, 1);
        const other = medianOf(result, 'onnxruntime-web', arithmetic === 'f32' ? 'f32' : 8, 1);
        const suffix = arithmetic === 4 || arithmetic === 2 ? ' (int8)' : '';
        return [
          networkNames[result.network],
          precision(arithmetic),
          milliseconds(own),
          `${milliseconds(other)}${suffix}`,
          times(other / own),
        ];
      }),
    );
}

/** One arithmetic against another engine in every runtime and number of threads in which both were measured. */
function runtimeRows({ latency, machine }, engine, arithmetic) {
  return latency.filter(isDense).flatMap((result) => {
    const own = medianOf(result, 'spikelet', arithmetic, result.threads);
    const other = medianOf(result, engine, arithmetic, result.threads);
    if (own === undefined || other === undefined) return [];
    const version = machine.runtimes[result.runtime].replace('v', '');
    const threads = result.threads === 1 ? '1 thread' : `${result.threads} threads`;
    return [
      [
        `${networkNames[result.network]} ${precision(arithmetic)}`,
        `${result.runtime.replace(/ \d+$/, '')} ${version}, ${threads}`,
        milliseconds(own),
        milliseconds(other),
        times(other / own),
      ],
    ];
  });
}

/** Pruned int8 networks against the dense one and against onnxruntime-web, which computes the zeros too. */
function prunedRows({ latency }) {
  return latency
    .filter((result) => result.runtime === 'Node 26' && !isDense(result))
    .map((result) => {
      const { pattern, density } = result.cells.find(({ pruning }) => pruning).pruning;
      const own = medianOf(result, 'spikelet', 8, 1, true);
      const dense = medianOf(result, 'spikelet', 8, 1);
      const other = medianOf(result, 'onnxruntime-web', 8, 1, true);
      return [
        networkNames[result.network],
        `${pattern === 'grouped' ? 'runs of 4 channels' : 'any weight'}, ${Math.round(100 * (1 - density))} %`,
        milliseconds(own),
        `${milliseconds(dense)}, ${times(dense / own)}`,
        `${milliseconds(other)}, ${times(other / own)}`,
      ];
    });
}

const prunedSection = (rows) =>
  rows.length === 0
    ? ''
    : `Pruned, int8, one thread, Node 26: against our own dense network, and against the pruned one in onnxruntime-web:

${table(['network', 'pruned', 'Spikelet', 'dense', 'onnxruntime-web'], rows)}

`;

/** The integer and the float tile on all convolutions of ResNet-18, against the peak of one core. */
function kernelRows({ kernels, machine }) {
  return kernels.flatMap(({ runtime, variant, rates }) =>
    rates
      .filter(({ shape }) => shape === 'resnet18')
      .map(({ kernel, rate, ofPeak }) => [
        `\`${kernel}\``,
        `${runtime.replace(/ \d+$/, '')} ${machine.runtimes[runtime].replace('v', '')}, ${variant === 'simd' ? 'fixed' : variant} SIMD`,
        `${rate.toFixed(1)} GMAC/s`,
        `${Math.round(100 * ofPeak.ratio)} %`,
      ]),
  );
}

function otherRows({ processes, downloads }) {
  const quantities = {
    'cold start': 'import to first result',
    'memory added': 'memory added to the process',
  };
  const measured = processes
    .filter(({ quantity, arithmetic }) => quantities[quantity] && arithmetic === 8)
    .map(({ quantity, runtime, unit, ours, theirs, ratio }) => [
      `ResNet-18 int8, ${quantities[quantity]}`,
      runtime,
      `${ours.median.toFixed(0)} ${unit}`,
      `${theirs.median.toFixed(0)} ${unit}`,
      times(ratio.ratio),
    ]);
  const size = (engine) => downloads.find((each) => each.engine === engine)?.gzip;
  const [own, other] = [size('spikelet'), size('onnxruntime-web')];
  if (own === undefined || other === undefined) return measured;
  const kilobytes = (bytes) => `${(bytes / 1000).toFixed(0)} KB`;
  return [...measured, ['download, gzip', 'page', kilobytes(own), kilobytes(other), times(other / own)]];
}

function figures(results) {
  const { cpu, cores } = results.machine;
  const columns = ['Spikelet', 'onnxruntime-web', 'ratio'];
  return `## Figures

Batch 1, images of 32x32 pixels, medians of runs that alternate in one process, on ${cores} cores of ${cpu},
${results.date.slice(0, 10)}: \`npm run bench\` ([tools/bench](tools/bench)). One thread, Node 26:

${table(['network', 'weights', ...columns], precisionRows(results))}

${prunedSection(prunedRows(results))}Elsewhere:

${table(['network', 'where', ...columns], runtimeRows(results, 'onnxruntime-web', 8))}

Against tfjs with its WebAssembly backend, which has no integer networks:

${table(['network', 'where', 'Spikelet', 'tfjs', 'ratio'], runtimeRows(results, 'tfjs', 'f32'))}

Kernels alone, on all convolutions of ResNet-18 with the staging of their inputs, against a loop that only multiplies:

${table(['kernel', 'where', 'rate', 'of the peak of a core'], kernelRows(results))}

Around the network:

${table(['what', 'where', ...columns], otherRows(results))}
`;
}

const text = readFileSync(readme, 'utf8');
const [before, rest] = text.split(begin);
const after = rest?.split(end)[1];
if (after === undefined) throw new Error(`README.md lacks ${begin} and ${end}`);
const wanted = `${before}${begin}\n${figures(newestResults())}${end}${after}`;
if (!process.argv.includes('--check')) writeFileSync(readme, wanted);
else if (wanted !== text) {
  console.error('README.md does not show the newest results: node tools/bench/readme-table.mjs');
  process.exit(1);
}
