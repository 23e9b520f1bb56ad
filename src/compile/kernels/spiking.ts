import { fields, type KernelRow } from './row.js';

const convolution = `
  input:p weights:p bias:p output:p residual:p segmentOffsets:p pixelOffsets:p
  segments run pixels pixelBlock outChannels outputStride residualStride minimum:f maximum:f
`;

const firingFields = `
  multiplier:p stepPixels membrane:p threshold:p leak:p counter:p continues reset resetValue:f inclusive plain
`;

const eventFields = 'bounds:p patchPixels:p segmentPixels:p segmentSpan entries:p mostEntries';

const realConvolutionFields = fields(`${convolution} ${firingFields} ${eventFields}`);

const listFields = fields(`
  input:p entries:p bounds:p counter:p spikes:p mostSpikes mostEntries pixels pixelStride pixelBytes
`);

const integerInto32 = (bits: 8 | 4 | 2): KernelRow => ({
  name: `u8i${bits}_conv_f32_6x8`,
  fields: realConvolutionFields,
  tile: { rows: 6, columns: 8, depth: bits === 2 ? 8 : 4 },
});

const delayFields = fields('input:p output:p delays:p delay history:p depth neurons steps fill');

/** Kernels of assembly/spiking: neurons over time, and convolutions of spikes into f32. */
export const spikingKernels: readonly KernelRow[] = [
  integerInto32(8),
  integerInto32(4),
  integerInto32(2),
  {
    name: 'u8f32_conv_2x8',
    fields: fields(`${convolution} ${firingFields} ${eventFields} scale:f`),
    tile: { rows: 2, columns: 8, depth: 1 },
  },
  { name: 'u8_list_words', fields: listFields },
  { name: 'u8_list_bytes', fields: listFields },
  {
    name: 'f32_lif',
    fields: fields(`
      input:p output:p membrane:p threshold:p leak:p synapticLeak:p recurrent:p row:p state:p counter:p
      neurons pitch steps inputStride thresholdPeriod leakPeriod synapticPeriod continues
      reset resetValue:f delayedReset rest once inclusive
    `),
  },
  {
    name: 'f32_integrate',
    fields: fields(
      'input:p output:p leak:p state:p neurons steps inputStride outputStride leakPeriod continues',
    ),
  },
  { name: 'u8_delay', fields: delayFields },
  { name: 'f32_delay', fields: delayFields },
  {
    name: 'f32_sum_pool',
    fields: fields(`
      input:p output:p inHeight inWidth channels inputStride outHeight outWidth outputStride
      kernelHeight kernelWidth strideHeight strideWidth padTop padLeft dilationHeight dilationWidth
    `),
  },
];

/** Neurons that are computed side by side: tables and states are filled up to a multiple. */
export const neuronLanes = 4;

/** Work units of kernels over neurons. */
export const neuronUnits = (neurons: number): number => Math.ceil(neurons / 64);

/** What a spike does to the membrane, as `f32_lif` has it. */
export const resetCode = { subtract: 0, value: 1, none: 2 } as const;
