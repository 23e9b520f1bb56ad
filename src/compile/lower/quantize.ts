import { elementCount } from '../../graph/tensor.js';
import { planeUnits, spanUnits } from '../kernels/tensor-units.js';
import { isRowMajor } from '../layout.js';
import { define, type Lowering, quantizationOf, use } from './context.js';
import { lookUp } from './unary.js';

/** f32 to u8; a graph input in planes is quantized and laid out channels-last in one step. */
export const lowerQuantize: Lowering = (context, fused) => {
  const output = define(context, fused.output);
  const { scale, zeroPoint } = quantizationOf(output);
  const common = { output: output.at, inverseScale: Math.fround(1 / scale), zeroPoint };
  const name = fused.node.inputs[0] ?? '';
  const port = context.values.has(name) ? undefined : context.ports.get(name);
  const shape = output.type.shape;
  if (port && !isRowMajor(shape)) {
    const [images = 1, channels = 1] = shape;
    const pixels = elementCount(shape.slice(2));
    context.program.call('u8_quantize_planes', planeUnits(images, pixels), {
      input: port.at,
      channels,
      pixels,
      ...common,
    });
    return;
  }
  const elements = elementCount(shape);
  context.program.call('u8_quantize', spanUnits(elements), {
    input: use(context, fused, 0).at,
    elements,
    ...common,
  });
};

export const lowerDequantize: Lowering = (context, fused) => {
  const x = use(context, fused, 0);
  const output = define(context, fused.output);
  const elements = elementCount(x.type.shape);
  const { scale, zeroPoint } = quantizationOf(x);
  const parameters = { input: x.at, output: output.at, elements, scale, zeroPoint };
  context.program.call('u8_dequantize', spanUnits(elements), parameters);
};

/** u8 to u8 of another scale, through a table. */
export const lowerRequantize: Lowering = (context, fused) => {
  lookUp(context, use(context, fused, 0), define(context, fused.output), (x) => x);
};
