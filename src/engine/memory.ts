import type { KernelRow } from '../compile/kernels/row.js';
import { writeContents } from '../compile/pack/contents.js';
import type { Packing, Plan, Step } from '../compile/plan.js';
import { SpikeletError } from '../error.js';
import { type Instance, type Kernel, kernelOf } from './instance.js';

const pageBytes = 65536;

/**
 * The one linear memory of a model: as large as its plan says, never grown. Throws `out-of-memory` where the plan
 * needs more than `limit` or the engine cannot give that much.
 */
export function createMemory(bytes: number, shared: boolean, limit: number): WebAssembly.Memory {
  if (bytes > limit) {
    throw new SpikeletError(
      'out-of-memory',
      `the model needs ${bytes} bytes, more than the limit of ${limit}: raise memoryLimit`,
    );
  }
  const pages = Math.ceil(bytes / pageBytes);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  } catch (cause) {
    throw new SpikeletError(
      'out-of-memory',
      `no ${pages * pageBytes} bytes of memory could be had: close other models`,
      { cause },
    );
  }
}

/** Writes constants and parameter blocks and packs weights, once. */
export function fillMemory(memory: WebAssembly.Memory, plan: Plan, instance: Instance): void {
  const bytes = new Uint8Array(memory.buffer);
  const view = new DataView(memory.buffer);
  for (const { address, bytes: length, contents } of plan.constants) {
    writeContents(contents, bytes.subarray(address, address + length));
  }
  const rows: Rows = new Map(plan.kernels.map((row) => [row.name, row]));
  for (const packing of plan.packings) pack(bytes, view, rows, packing, kernelOf(instance, packing.kernel));
  for (const step of plan.steps) writeParameters(view, rows, step);
}

/** Sets to zero what a run counts. */
export function clearCounters(memory: WebAssembly.Memory, { counters }: Pick<Plan, 'counters'>): void {
  for (const { address } of counters) new Int32Array(memory.buffer, address, 1).fill(0);
}

/** Sets to zero what neurons keep from run to run. */
export function clearState(memory: WebAssembly.Memory, { state }: Pick<Plan, 'state'>): void {
  for (const { address, bytes } of state) new Uint8Array(memory.buffer, address, bytes).fill(0);
}

function pack(bytes: Uint8Array, view: DataView, rows: Rows, packing: Packing, kernel: Kernel): void {
  const { units, unitsAtOnce, unitBytes, staging, parameterBlock } = packing;
  for (let first = 0; first < units; first += unitsAtOnce) {
    const end = Math.min(units, first + unitsAtOnce);
    bytes.set(packing.source.subarray(first * unitBytes, end * unitBytes), staging);
    const parameters = { ...packing.parameters, source: staging - first * unitBytes };
    writeParameters(view, rows, { kernel: packing.kernel, parameterBlock, parameters });
    kernel(parameterBlock, first, end);
  }
}

type Rows = ReadonlyMap<string, KernelRow>;

/** Encodes a step's parameters as the fields of its kernel, 4 bytes each. */
export function writeParameters(
  view: DataView,
  rows: Rows,
  step: Pick<Step, 'kernel' | 'parameterBlock' | 'parameters'>,
): void {
  const row = rows.get(step.kernel);
  if (!row) throw new SpikeletError('internal', `kernel '${step.kernel}' is not in the table`);
  row.fields.forEach((field, i) => {
    const value = step.parameters[field.name];
    const address = step.parameterBlock + 4 * i;
    if (value === undefined || (field.type !== 'f32' && !Number.isInteger(value))) {
      throw new SpikeletError('internal', `parameter '${field.name}' is ${value}`, { where: step.kernel });
    }
    if (field.type === 'f32') view.setFloat32(address, value, true);
    else view.setInt32(address, value, true);
  });
}
