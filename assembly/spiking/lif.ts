import { withinCount } from '../lanes';
import { storeWords } from '../store';
import { count, entries, firesAt, laneSum, NEURONS, resetWhere, storeSpikes } from './neurons';

@unmanaged
export class LifParameters {
  input: usize; // current, f32
  output: usize; // spikes, u8
  membrane: usize; // f32, or 0
  threshold: usize; // f32 tables, each repeated after its period
  leak: usize;
  synapticLeak: usize; // or 0
  recurrent: usize; // f32[neurons][pitch]: weights from each neuron to all, or 0; there is one unit then
  row: usize; // f32[pitch] for the current of a step with recurrent weights
  state: usize; // [4][pitch]: membrane, synapse, steps to rest, mask of those that fired; 0: starts at rest, forgets
  counter: usize; // i32 to which the number of spikes is added
  neurons: i32;
  pitch: i32; // neurons rounded up to 4
  steps: i32;
  inputStride: i32; // elements between the currents of two steps, 0 where they are the same
  thresholdPeriod: i32;
  leakPeriod: i32;
  synapticPeriod: i32;
  continues: i32; // 1: goes on from the state
  reset: i32; // 0 subtracts the threshold, 1 sets the value, 2 nothing
  resetValue: f32;
  delayedReset: i32;
  rest: i32; // steps to rest after a spike
  once: i32;
  inclusive: i32;
}

/** Steps to rest of those that never fire again. */
@inline
const FOREVER: i32 = 0x7fffffff;

/**
 * Four neurons from `first` over `steps` steps; gives their number of spikes by lane. `plain`, known at compile time:
 * no synapse, no rest, reset at once.
 */
@inline
function neurons4(
  p: LifParameters, first: i32, input: usize, output: usize, membrane: usize, steps: i32, continues: i32, plain: bool,
): v128 {
  const lanes = p.neurons - first;
  const inside = withinCount(lanes);
  const threshold = entries(p.threshold, p.thresholdPeriod, first), leak = entries(p.leak, p.leakPeriod, first);
  const synapticLeak = !plain && p.synapticLeak ? entries(p.synapticLeak, p.synapticPeriod, first) : threshold;
  const plane = <usize>p.pitch << 2;
  const state = p.state + (<usize>first << 2);
  let u = f32x4.splat(0), synapse = u, resting = u, fired = u, spikes = u;
  if (continues) {
    u = v128.load(state);
    synapse = v128.load(state + plane);
    resting = v128.load(state + 2 * plane);
    fired = v128.load(state + 3 * plane);
  }
  const inputStep = <usize>p.inputStride << 2, step = <usize>p.neurons;
  input += <usize>first << 2;
  output += first;
  const rest = i32x4.splat(p.once ? FOREVER : p.rest), passed = i32x4.splat(p.once ? 0 : 1);
  for (let t = 0; t < steps; t++, input += inputStep, output += step) {
    let current = v128.load(input);
    if (!plain && p.synapticLeak) {
      current = f32x4.add(f32x4.mul(synapticLeak, synapse), current);
      synapse = current;
    }
    let next = f32x4.add(f32x4.mul(leak, u), current);
    if (!plain && p.delayedReset) next = resetWhere(p.reset, p.resetValue, fired, next, threshold);
    const rests = i32x4.gt_s(resting, i32x4.splat(0));
    u = plain || p.once ? next : v128.bitselect(u, next, rests);
    fired = v128.and(p.inclusive ? f32x4.ge(u, threshold) : f32x4.gt(u, threshold), inside);
    if (!plain) fired = v128.andnot(fired, rests);
    if (plain || !p.delayedReset) u = resetWhere(p.reset, p.resetValue, fired, u, threshold);
    if (!plain) {
      resting = v128.bitselect(rest, i32x4.max_s(i32x4.sub(resting, passed), i32x4.splat(0)), fired);
    }
    spikes = i32x4.sub(spikes, fired);
    storeSpikes(output, fired, lanes);
    if (membrane) storeWords(membrane + ((<usize>t * step + first) << 2), u, lanes);
  }
  if (p.state) {
    v128.store(state, u);
    v128.store(state + plane, synapse);
    v128.store(state + 2 * plane, resting);
    v128.store(state + 3 * plane, fired);
  }
  return spikes;
}

/** A place in a table that repeats after `period` entries, `more` entries on. */
@inline
function ahead(at: i32, more: i32, period: i32): i32 {
  at += more;
  while (at >= period) at -= period;
  return at;
}

/** The membrane of four plain neurons after a step and their spikes: two results, which take the same inputs. */
@inline
function membraneOf(u: v128, leak: v128, input: usize): v128 {
  return f32x4.add(f32x4.mul(leak, u), v128.load(input));
}

/** Entries of a table from `at` on, which is within the period. */
@inline
function fourFrom(table: usize, at: i32): v128 {
  return v128.load(table + (<usize>at << 2));
}

/**
 * Sixteen plain neurons as four times neurons4, from places in the tables of thresholds and leaks: lines of the cache
 * are read and written as wholes. Gives their number of spikes.
 */
function plain16(
  p: LifParameters, first: i32, input: usize, output: usize, membrane: usize, steps: i32, continues: i32, at: i32, leakAt: i32,
): i32 {
  const t0 = fourFrom(p.threshold, at), l0 = fourFrom(p.leak, leakAt);
  at = ahead(at, 4, p.thresholdPeriod), leakAt = ahead(leakAt, 4, p.leakPeriod);
  const t1 = fourFrom(p.threshold, at), l1 = fourFrom(p.leak, leakAt);
  at = ahead(at, 4, p.thresholdPeriod), leakAt = ahead(leakAt, 4, p.leakPeriod);
  const t2 = fourFrom(p.threshold, at), l2 = fourFrom(p.leak, leakAt);
  at = ahead(at, 4, p.thresholdPeriod), leakAt = ahead(leakAt, 4, p.leakPeriod);
  const t3 = fourFrom(p.threshold, at), l3 = fourFrom(p.leak, leakAt);
  const state = p.state + (<usize>first << 2), inclusive = p.inclusive;
  const inputStep = <usize>p.inputStride << 2, step = <usize>p.neurons;
  let u0 = f32x4.splat(0), u1 = u0, u2 = u0, u3 = u0, f0 = u0, f1 = u0, f2 = u0, f3 = u0;
  if (continues) {
    u0 = v128.load(state);
    u1 = v128.load(state, 16);
    u2 = v128.load(state, 32);
    u3 = v128.load(state, 48);
  }
  let spikes = 0;
  input += <usize>first << 2;
  output += first;
  for (let t = 0; t < steps; t++, input += inputStep, output += step) {
    u0 = membraneOf(u0, l0, input);
    u1 = membraneOf(u1, l1, input + 16);
    u2 = membraneOf(u2, l2, input + 32);
    u3 = membraneOf(u3, l3, input + 48);
    f0 = firesAt(u0, t0, inclusive);
    f1 = firesAt(u1, t1, inclusive);
    f2 = firesAt(u2, t2, inclusive);
    f3 = firesAt(u3, t3, inclusive);
    const fired = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(f0, f1), i16x8.narrow_i32x4_s(f2, f3));
    v128.store(output, v128.and(fired, i8x16.splat(1)));
    spikes += popcnt(i8x16.bitmask(fired));
    u0 = resetWhere(p.reset, p.resetValue, f0, u0, t0);
    u1 = resetWhere(p.reset, p.resetValue, f1, u1, t1);
    u2 = resetWhere(p.reset, p.resetValue, f2, u2, t2);
    u3 = resetWhere(p.reset, p.resetValue, f3, u3, t3);
    if (membrane) {
      const target = membrane + ((<usize>t * step + first) << 2);
      v128.store(target, u0);
      v128.store(target, u1, 16);
      v128.store(target, u2, 32);
      v128.store(target, u3, 48);
    }
  }
  if (p.state) {
    v128.store(state, u0);
    v128.store(state, u1, 16);
    v128.store(state, u2, 32);
    v128.store(state, u3, 48);
    const mask = state + 3 * (<usize>p.pitch << 2);
    v128.store(mask, f0);
    v128.store(mask, f1, 16);
    v128.store(mask, f2, 32);
    v128.store(mask, f3, 48);
  }
  return spikes;
}

/** Neurons [first, end) of the layer; gives their number of spikes. */
@inline
function layer(
  p: LifParameters, first: i32, end: i32, input: usize, output: usize, membrane: usize, steps: i32, continues: i32,
): i32 {
  let spikes = i32x4.splat(0), more = 0, n = first;
  if (p.synapticLeak || p.rest || p.once || p.delayedReset) {
    for (; n < end; n += 4) {
      spikes = i32x4.add(spikes, neurons4(p, n, input, output, membrane, steps, continues, false));
    }
    return laneSum(spikes);
  }
  let at = first % p.thresholdPeriod, leakAt = first % p.leakPeriod;
  for (; n + 16 <= end; n += 16) {
    more += plain16(p, n, input, output, membrane, steps, continues, at, leakAt);
    at = ahead(at, 16, p.thresholdPeriod), leakAt = ahead(leakAt, 16, p.leakPeriod);
  }
  for (; n < end; n += 4) {
    spikes = i32x4.add(spikes, neurons4(p, n, input, output, membrane, steps, continues, true));
  }
  return more + laneSum(spikes);
}

/** The current of a step together with what comes back from the neurons that fired in the step before. */
function recurrentRow(p: LifParameters, input: usize): void {
  const fired = p.state + 3 * (<usize>p.pitch << 2), size = <usize>p.pitch << 2;
  memory.fill(p.row, 0, size);
  for (let j = 0; j < p.neurons; j++) {
    if (!load<i32>(fired + (<usize>j << 2))) continue;
    const weights = p.recurrent + <usize>j * size;
    for (let i: usize = 0; i < size; i += 16) {
      v128.store(p.row + i, f32x4.add(v128.load(p.row + i), v128.load(weights + i)));
    }
  }
  for (let i: usize = 0; i < size; i += 16) {
    v128.store(p.row + i, f32x4.add(v128.load(input + i), v128.load(p.row + i)));
  }
}

function recurrentLayer(p: LifParameters): i32 {
  if (!p.continues) memory.fill(p.state, 0, (<usize>p.pitch << 2) * 4);
  let spikes = 0;
  for (let t = 0; t < p.steps; t++) {
    const at = <usize>(t * p.neurons);
    recurrentRow(p, p.input + (<usize>(t * p.inputStride) << 2));
    const membrane = p.membrane ? p.membrane + (at << 2) : 0;
    spikes += layer(p, 0, p.neurons, p.row, p.output + at, membrane, 1, 1);
  }
  return spikes;
}

/**
 * Leaky integrate-and-fire neurons over all steps. A unit is 64 neurons; with recurrent weights, all of them.
 *
 *     i = input[t][n]
 *     if (recurrent) i += sum over the j that fired in the step before, in order, of recurrent[j][n]
 *     if (synapticLeak) synapse = i = synapticLeak[n] * synapse + i
 *     if (resting == 0 or once) u = leak[n] * u + i, and the reset of the step before if that is delayed
 *     output[t][n] = resting == 0 and u > threshold[n] (or >= if inclusive)
 *     if (output[t][n]) u = u - threshold[n] or resetValue, unless the reset is delayed
 *     membrane[t][n] = u
 *     counter += number of spikes
 */
export function f32_lif(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<LifParameters>(parameters);
  if (p.recurrent) {
    if (begin < end) count(p.counter, recurrentLayer(p));
    return;
  }
  const first = begin * NEURONS, last = min(end * NEURONS, p.neurons);
  count(p.counter, layer(p, first, last, p.input, p.output, p.membrane, p.steps, p.continues));
}
