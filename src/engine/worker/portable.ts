import type { Tensor } from '../../graph/tensor.js';
import { checkInputs, type ModelPort, type TensorLike } from '../ports.js';

/**
 * Inputs as they are sent to a worker, checked here, where an error says what is wrong with them. What is part of a
 * larger buffer is copied first: a message would take all of it.
 */
export function portableInputs(
  ports: readonly ModelPort[],
  given: Readonly<Record<string, TensorLike>>,
): Readonly<Record<string, Tensor>> {
  const inputs = ports.map((port) => ({ description: port, type: port }));
  const data = checkInputs({ inputs }, given);
  return Object.fromEntries(
    ports.map(({ name, dtype, shape }, i) => {
      const own = data[i];
      const isPart = own && own.byteLength < own.buffer.byteLength;
      return [name, { dtype, shape, data: isPart ? own.slice() : own } as Tensor];
    }),
  );
}
