import { load } from 'spikelet';
import { outcome } from './outcome.js';

async function answer(x: readonly number[]): Promise<unknown> {
  try {
    const model = await load('/small.spikelet', { kernels: '/kernels.wasm' });
    const result = await outcome(model, x, 1);
    model.close();
    return result;
  } catch (error) {
    return String(error);
  }
}

addEventListener('message', (event: MessageEvent<readonly number[]>) => {
  void answer(event.data).then((result) => event.ports[0]?.postMessage(result));
});
