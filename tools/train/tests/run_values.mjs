// node run_values.mjs <dist folder> <model file> <inputs.f32> <outputs folder> <engine>...
// Runs a model file on float32 samples and writes each of its outputs, all samples after one another, as
// <engine>.<position of the output>.bin. An engine is `interpreter` or <variant:threads>. Says on stdout as JSON for
// each engine what is missing, or null.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [dist, modelFile, inputFile, folder, ...engines] = process.argv.slice(2);
const { unpack } = await import(pathToFileURL(join(dist, 'format/index.js')));
const { interpret } = await import(pathToFileURL(join(dist, 'graph/index.js')));
const { load } = await import(pathToFileURL(join(dist, 'index.js')));

const bytes = new Uint8Array(await readFile(modelFile));
const file = await readFile(inputFile);
const samples = new Float32Array(file.buffer.slice(file.byteOffset, file.byteOffset + file.length));
const graph = unpack(bytes);
const [{ name: input, type }] = graph.inputs;
const size = type.shape.reduce((n, d) => n * d, 1);

async function open(engine) {
  if (engine === 'interpreter') {
    return { run: async (data) => interpret(graph, { [input]: { dtype: 'f32', shape: type.shape, data } }) };
  }
  const [variant, threads] = engine.split(':');
  const model = await load(bytes, { variant, threads: Number(threads) });
  return { run: (data) => model.run({ [input]: data }), close: () => model.close() };
}

async function run(engine) {
  let opened;
  try {
    opened = await open(engine);
  } catch (error) {
    if (error.code !== 'no-engine') throw error;
    return error.message;
  }
  const parts = graph.outputs.map(() => []);
  for (let start = 0; start < samples.length; start += size) {
    const outputs = await opened.run(samples.slice(start, start + size));
    graph.outputs.forEach(({ name }, i) => {
      const { data } = outputs[name];
      parts[i].push(Buffer.from(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength)));
    });
  }
  for (const [i, chunks] of parts.entries()) {
    await writeFile(join(folder, `${engine.replace(':', '-')}.${i}.bin`), Buffer.concat(chunks));
  }
  opened.close?.();
  return null;
}

const results = [];
for (const engine of engines) results.push(await run(engine));
console.log(JSON.stringify(results));
