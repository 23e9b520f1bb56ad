import { load } from 'spikelet';
import type { Engine } from './engine.js';

/** The package itself, as built in dist/. */
export const spikelet: Engine = async (graph, image, threads) => {
  const model = await load(graph, { threads });
  const { variant, dot, threads: choice } = model.explain();
  if (choice.used !== threads) throw new Error(`${choice.reason}`);
  const [input] = graph.inputs;
  const [output] = graph.outputs;
  const inputs = { [input?.name ?? '']: image };
  return {
    about: `${variant} (${dot})`,
    async run() {
      const scores = (await model.run(inputs))[output?.name ?? ''];
      if (!(scores?.data instanceof Float32Array)) throw new Error('spikelet returned no f32 scores');
      return scores.data;
    },
    async close() {
      model.close();
    },
  };
};
