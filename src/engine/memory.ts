import type { KernelRow } from '../compile/kernels/row.js';
import { kernels } from '../compile/kernels/table.js';
import type { Plan, Step } from '../compile/plan.js';
import { SpikeletError } from '../error.js';

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

/** Writes constants and parameter blocks, once. */
export function fillMemory(memory: WebAssembly.Memory, plan: Plan): void {
  const bytes = new Uint8Array(memory.buffer);
  const view = new DataView(memory.buffer);
  for (const constant of plan.constants) bytes.set(constant.bytes, constant.address);
  for (const step of plan.steps) writeParameters(view, step);
}

const rows: ReadonlyMap<string, KernelRow> = new Map(kernels.map((row) => [row.name, row]));

/** Encodes a step's parameters as the fields of its kernel, 4 bytes each. */
export function writeParameters(view: DataView, step: Step): void {
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
