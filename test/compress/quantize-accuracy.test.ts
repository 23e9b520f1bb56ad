import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold, type QuantizeOptions, quantize } from '../../src/compress/index.js';
import { dequantize } from '../../src/graph/quantized.js';
import { inferTypes } from '../../src/graph/types.js';
import { errorOver } from './compare.js';
import { imagesFor, NetBuilder, netShapes, plain, smallNet } from './nets.js';

describe('a quantized graph', () => {
  it('stays close to the float graph, whatever the network', async () => {
    await fc.assert(
      fc.asyncProperty(netShapes, async (shape) => {
        const graph = smallNet(shape);
        const samples = imagesFor(graph, 12);
        const small = await quantize(graph, samples, { calibration: 'minmax' });
        const [error, power] = errorOver(graph, small, samples);
        expect(error).toBeLessThan(0.06 * power);
      }),
      { numRuns: 40 },
    );
  });

  it('is a well-formed graph that represents zero exactly and has positive scales', async () => {
    const calibrations = fc.constantFrom<QuantizeOptions['calibration']>('minmax', 'percentile', 'mse');
    const widths = fc.constantFrom<QuantizeOptions['weightBits']>(2, 3, 4, 8);
    await fc.assert(
      fc.asyncProperty(netShapes, calibrations, widths, async (shape, calibration, weightBits) => {
        const graph = smallNet(shape);
        const small = await quantize(graph, imagesFor(graph, 4), { calibration, weightBits });
        for (const type of inferTypes(small).values()) {
          if (type.dtype !== 'u8') continue;
          const { scale, zeroPoint } = type.quantization ?? { scale: Number.NaN, zeroPoint: Number.NaN };
          expect(scale).toBeGreaterThan(0);
          expect(scale).toBe(Math.fround(scale));
          expect(Number.isInteger(zeroPoint) && zeroPoint >= 0 && zeroPoint <= 255).toBe(true);
          expect(dequantize(zeroPoint, { scale, zeroPoint })).toBe(0);
        }
        for (const { data, quantization } of small.constants.values()) {
          if (!quantization) continue;
          const { bits, scales } = quantization;
          expect(scales.every((scale) => scale > 0 && Number.isFinite(scale))).toBe(true);
          expect(data.every((q) => q >= -(2 ** (bits - 1)) && q < 2 ** (bits - 1))).toBe(true);
        }
      }),
      { numRuns: 24 },
    );
  });

  it('loses less below 8 bits when rounding is compensated and biases are corrected', async () => {
    let plainError = 0;
    let compensatedError = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const graph = smallNet({ ...plain, seed: seed * 100, width: 6, size: 6 });
      const samples = imagesFor(graph, 24);
      const options: QuantizeOptions = { weightBits: 3, edgeBits: 3, calibration: 'minmax' };
      const nearest = await quantize(graph, samples, {
        ...options,
        rounding: 'nearest',
        biasCorrection: false,
      });
      const compensated = await quantize(graph, samples, options);
      plainError += errorOver(graph, nearest, samples)[0];
      compensatedError += errorOver(graph, compensated, samples)[0];
    }
    expect(compensatedError).toBeLessThan(0.7 * plainError);
  });

  it('has biases that fit, also for channels without weights', async () => {
    const net = new NetBuilder(3);
    const conv = net.batchNorm('bn', net.conv('conv', 'image', [2, 1, 3]), 2);
    const graph = net.graph([1, 1, 3, 3], net.plain('relu', 'out', [conv]));
    net.constants.get('conv.weight')?.data.fill(0, 0, 9);
    net.constants.get('bn.bias')?.data.set([5, 3]);
    const samples = imagesFor(graph, 4);
    const small = await quantize(graph, samples);
    const [error, power] = errorOver(fold(graph), small, samples);
    expect(error).toBeLessThan(0.02 * power);
  });
});
