import { storeWords } from '../store';
import { entries, NEURONS } from './neurons';

@unmanaged
export class IntegrateParameters {
  input: usize;
  output: usize;
  leak: usize; // f32, repeated after its period
  state: usize; // f32[neurons rounded up to 4], or 0
  neurons: i32;
  steps: i32;
  inputStride: i32; // elements between the currents of two steps, 0 where they are the same
  outputStride: i32; // elements between the membranes of two steps, 0 to keep the last
  leakPeriod: i32;
  continues: i32; // 1: goes on from the state
}

/**
 * Leaky integrators that never fire. A unit is 64 neurons.
 *
 *     u = leak[n] * u + input[t][n]
 *     output[t][n] = u
 */
export function f32_integrate(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<IntegrateParameters>(parameters);
  const last = min(end * NEURONS, p.neurons);
  for (let n = begin * NEURONS; n < last; n += 4) {
    const leak = entries(p.leak, p.leakPeriod, n), state = p.state + (<usize>n << 2);
    let u = p.continues ? v128.load(state) : f32x4.splat(0);
    let input = p.input + (<usize>n << 2), output = p.output + (<usize>n << 2);
    for (let t = 0; t < p.steps; t++) {
      u = f32x4.add(f32x4.mul(leak, u), v128.load(input));
      storeWords(output, u, p.neurons - n);
      input += <usize>p.inputStride << 2;
      output += <usize>p.outputStride << 2;
    }
    if (p.state) v128.store(state, u);
  }
}
