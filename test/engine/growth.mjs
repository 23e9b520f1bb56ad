// Loads, runs and closes a model again and again and prints the resident memory on the way, as JSON.
import { readFileSync } from 'node:fs';
import { load } from '../../dist/index.js';

const [file, cycles, options] = process.argv.slice(2);
const bytes = readFileSync(file);
const settings = JSON.parse(options);
const resident = [];

async function settle() {
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

for (let i = 0; i < Number(cycles); i++) {
  const model = await load(bytes, settings);
  const { y } = await model.run({ x: new Uint8Array(200).fill(i) });
  if (y.data.length !== 225) throw new Error('wrong output');
  model.close();
  if (i % (Number(cycles) / 10) === 0) {
    await settle();
    resident.push(process.memoryUsage().rss);
  }
}
await settle();
const handles = process
  .getActiveResourcesInfo()
  .filter((name) => !/^(TTYWrap|PipeWrap|FSReqPromise)$/.test(name));
console.log(JSON.stringify({ resident, handles }));
