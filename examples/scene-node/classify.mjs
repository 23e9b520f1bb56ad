// Classifies every pixel of a hyperspectral scene:
//   node examples/scene-node/classify.mjs <model.spikelet> <cube> [<labels>]
import { readFileSync, writeFileSync } from 'node:fs';
import { encode } from 'fast-png';
import { confusionOf, scoresOf } from 'spikelet/data';
import { readCube, readGroundTruth } from 'spikelet/data/node';
import { unpack } from 'spikelet/format';
import { classifyScene, drawClassMap, legendOf } from 'spikelet/scenes';

const [modelPath, cubePath, labelsPath] = process.argv.slice(2);
if (!modelPath || !cubePath) {
  console.error('node examples/scene-node/classify.mjs <model.spikelet> <cube> [<labels>]');
  process.exit(2);
}

const cube = await readCube(cubePath);
const map = await classifyScene(unpack(readFileSync(modelPath)), cube, {
  memoryLimit: 64 * 2 ** 20,
  onProgress: ({ done, total }) => process.stderr.write(`\r${Math.round((100 * done) / total)} %`),
});
process.stderr.write('\n');

const legend = legendOf(map);
for (const { label, name } of legend) {
  console.log(`${name}: ${map.labels.filter((found) => found === label).length} pixels`);
}
const picture = drawClassMap(map, legend);
writeFileSync('map.png', encode({ ...picture, depth: 8 }));
console.log(`${map.runs} runs, ${(map.memoryBytes / 1e6).toFixed(1)} MB of memory, see map.png`);

if (labelsPath) {
  const truth = await readGroundTruth(labelsPath);
  const { overall, average, kappa } = scoresOf(confusionOf(truth.labels, map.labels));
  console.log(
    `OA ${(100 * overall).toFixed(2)} %, AA ${(100 * average).toFixed(2)} %, kappa ${kappa.toFixed(4)}`,
  );
}
