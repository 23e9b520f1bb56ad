import { formatShape } from '../../../graph/tensor.js';
import type { Operand } from '../draft.js';
import type { NirNode } from '../file.js';
import { type Primitive, stepShape } from './primitive.js';

interface Pooling {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  /** Elements of a window. */
  readonly area: number;
}

function poolingOf({ fields }: NirNode, input: Operand): Pooling {
  const shape = stepShape(input);
  if (shape.length !== 3) {
    fields.reject('kernel_size', `needs an input [channels, height, width], got ${formatShape(shape)}`);
  }
  const kernel = fields.sizes('kernel_size', 2, 1);
  const strides = fields.has('stride') ? fields.sizes('stride', 2, 1) : kernel;
  const padding = fields.has('padding') ? fields.sizes('padding', 2, 0) : [0, 0];
  if (padding.some((size, i) => 2 * size > (kernel[i] ?? 0))) {
    fields.reject(
      'padding',
      `${formatShape(padding)} must be at most half of the kernel ${formatShape(kernel)}`,
    );
  }
  return { kernel, strides, pads: [...padding, ...padding], area: (kernel[0] ?? 1) * (kernel[1] ?? 1) };
}

const largestByte = 255;

export const sumPool2d: Primitive = {
  meaning: 'sum over windows of [channels, height, width]',
  becomes: '`sumPool`',
  convert(node, input, { draft }) {
    const { area, kernel, strides, pads } = poolingOf(node, input);
    const attributes = { kernel, strides, pads };
    const greatest = input.greatest * area;
    if (input.type.dtype === 'u8' && input.type.quantization?.scale === 1 && greatest <= largestByte) {
      const quantization = { scale: 1, zeroPoint: 0 };
      return draft.emit('sumPool', node.name, [input.name], { attributes, quantization, greatest });
    }
    return draft.emit('sumPool', node.name, [draft.real(input).name], { attributes });
  },
};

export const avgPool2d: Primitive = {
  meaning: 'mean over windows of [channels, height, width], padding counted',
  becomes: '`averagePool`',
  convert(node, input, { draft }) {
    const { kernel, strides, pads } = poolingOf(node, input);
    const attributes = { kernel, strides, pads, countPadding: true };
    return draft.emit('averagePool', node.name, [draft.real(input).name], { attributes });
  },
};
