import { NEURONS } from './neurons';

@unmanaged
export class DelayParameters {
  input: usize;
  output: usize;
  delays: usize; // i32 for each neuron, or 0
  delay: i32; // of all neurons where there are no `delays`
  history: usize; // elements of the last `depth` steps, or 0: what comes first is `fill`
  depth: i32;
  neurons: i32;
  steps: i32;
  fill: i32;
}

/** The element of a neuron at a time that may lie before the first step. */
@inline
function elementAt<T>(p: DelayParameters, neuron: i32, time: i32): T {
  if (time >= 0) return load<T>(p.input + (<usize>(time * p.neurons + neuron) << alignof<T>()));
  if (!p.history || time < -p.depth) return <T>p.fill;
  return load<T>(p.history + (<usize>((p.depth + time) * p.neurons + neuron) << alignof<T>()));
}

@inline
function delayed<T>(p: DelayParameters, begin: i32, end: i32): void {
  const last = min(end * NEURONS, p.neurons);
  for (let n = begin * NEURONS; n < last; n++) {
    const delay = p.delays ? load<i32>(p.delays + (<usize>n << 2)) : p.delay;
    for (let t = 0; t < p.steps; t++) {
      store<T>(p.output + (<usize>(t * p.neurons + n) << alignof<T>()), elementAt<T>(p, n, t - delay));
    }
    if (!p.history) continue;
    for (let h = 0; h < p.depth; h++) {
      const element = elementAt<T>(p, n, p.steps - p.depth + h);
      store<T>(p.history + (<usize>(h * p.neurons + n) << alignof<T>()), element);
    }
  }
}

/**
 * Values that come later by a number of steps. A unit is 64 neurons.
 *
 *     output[t][n] = input[t - delays[n]][n], or what the history holds from before the first step
 */
export function u8_delay(parameters: usize, begin: i32, end: i32): void {
  delayed<u8>(changetype<DelayParameters>(parameters), begin, end);
}

/** The same for f32. */
export function f32_delay(parameters: usize, begin: i32, end: i32): void {
  delayed<f32>(changetype<DelayParameters>(parameters), begin, end);
}
