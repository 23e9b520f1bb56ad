import { SpikeletError } from '../../error.js';
import type { WeightBits } from '../../graph/tensor.js';
import type { Layer } from '../quantize/layers.js';
import type { Budget, StoredBytes } from './options.js';

const denseBytes: StoredBytes = ({ length }, bits) => Math.ceil((length * bits) / 8);

/** What a layer costs with weights of some width, in the unit of the budget. */
export function layerCost({ weight, node }: Layer, bits: WeightBits, budget: Budget): number {
  switch (budget.kind) {
    case 'bits':
      return weight.data.length * bits;
    case 'bytes': {
      const { storedBytes = denseBytes } = budget;
      return storedBytes(weight.data, bits) + 4 * (weight.shape[0] ?? 0);
    }
    case 'time': {
      const ms = budget.times.get(node.name)?.get(bits);
      if (ms !== undefined) return ms;
      throw new SpikeletError('invalid-option', `no profile has its time with ${bits}-bit weights`, {
        where: `layer '${node.name}'`,
      });
    }
  }
}

/** The budget for some layers, in the unit of {@link layerCost}. */
export function budgetFor(layers: readonly Layer[], budget: Budget): number {
  switch (budget.kind) {
    case 'bits':
      return budget.perWeight * layers.reduce((sum, { weight }) => sum + weight.data.length, 0);
    case 'bytes':
      return budget.bytes;
    case 'time':
      return budget.ms;
  }
}

/** A budget or cost of some layers in words. */
export function costInWords(layers: readonly Layer[], budget: Budget, cost: number): string {
  switch (budget.kind) {
    case 'bits': {
      const weights = layers.reduce((sum, { weight }) => sum + weight.data.length, 0);
      return `${Number((cost / weights).toFixed(4))} bits a weight`;
    }
    case 'bytes':
      return `${Math.ceil(cost)} bytes of weights and scales`;
    case 'time':
      return `${Number(cost.toFixed(4))} ms`;
  }
}
