import type { ActivationForm } from '../../../src/compile/pack/bias.js';
import { hasExactRelaxedDot } from '../../machine.js';
import { builtModules } from '../built.js';
import {
  cachedModules,
  emptySandbox,
  type Modules,
  runnableVariants,
  type Sandbox,
  type Variant,
} from '../harness.js';
import { withFunctions } from './rewrite.js';

/** How an engine may execute the relaxed dot product: the second operand as u8 (x86) or as i8 (ARM). */
export type DotFlavour = 'usdot' | 'sdot';

/** Opcodes of WebAssembly SIMD, as they stand in a binary. */
const op = {
  extendLowSigned: [0xfd, 0x87, 0x01],
  extendHighSigned: [0xfd, 0x88, 0x01],
  extendLowUnsigned: [0xfd, 0x89, 0x01],
  extendHighUnsigned: [0xfd, 0x8a, 0x01],
  dotI16: [0xfd, 0xba, 0x01],
  addI32: [0xfd, 0xae, 0x01],
  addF32: [0xfd, 0xe4, 0x01],
  mulF32: [0xfd, 0xe6, 0x01],
  shuffle: [0xfd, 0x0d],
  relaxedDot: [0xfd, 0x93, 0x02],
  relaxedMadd: [0xfd, 0x85, 0x02],
  v128: 0x7b,
  end: 0x0b,
} as const;

const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];

/** (weights, activations, accumulator): products of bytes, pairs of them, pairs of pairs, plus the accumulator. */
function dotFunction(flavour: DotFlavour): number[] {
  const [low, high] =
    flavour === 'usdot'
      ? [op.extendLowUnsigned, op.extendHighUnsigned]
      : [op.extendLowSigned, op.extendHighSigned];
  const even = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27];
  const odd = even.map((lane) => lane + 4);
  return [
    ...[1, 2, op.v128],
    ...[...get(0), ...op.extendLowSigned, ...get(1), ...low, ...op.dotI16, ...set(3)],
    ...[...get(0), ...op.extendHighSigned, ...get(1), ...high, ...op.dotI16, ...set(4)],
    ...[...get(3), ...get(4), ...op.shuffle, ...even],
    ...[...get(3), ...get(4), ...op.shuffle, ...odd],
    ...[...op.addI32, ...get(2), ...op.addI32, op.end],
  ];
}

/** A relaxed multiply-add that rounds twice, as the proposal allows. */
const maddFunction = [0, ...get(0), ...get(1), ...op.mulF32, ...get(2), ...op.addF32, op.end];

/** The relaxed kernels with every relaxed instruction replaced by a call of a function of plain SIMD. */
function emulatedModules(flavour: DotFlavour): Modules {
  const { v128 } = op;
  const replacements = [
    { replaces: op.relaxedDot, body: dotFunction(flavour) },
    { replaces: op.relaxedMadd, body: maddFunction },
  ] as const;
  return builtModules('relaxed').map(
    (bytes) =>
      new WebAssembly.Module(withFunctions(bytes, [0x60, 3, v128, v128, v128, 1, v128], replacements)),
  );
}

/** A way to execute the kernels, and how activations have to be staged for it. */
export interface Flavour {
  readonly name: string;
  readonly variant: Variant;
  readonly form: ActivationForm;
  readonly modules: Modules;
}

function relaxedFlavour(dot: DotFlavour, name: string, modules: Modules): Flavour {
  return { name, variant: 'relaxed', form: dot === 'sdot' ? 'flipped' : 'unsigned', modules };
}

/** What this machine makes of its own relaxed dot product: 127 * 255 is positive where activations are unsigned. */
function nativeDot(): DotFlavour {
  const sandbox = emptySandbox('relaxed');
  const one = {
    weights: sandbox.place(new Uint8Array(64).fill(127)),
    input: sandbox.place(new Uint8Array(16).fill(255)),
  };
  const zeros = sandbox.place(new Int32Array(8));
  const output = sandbox.reserve(8);
  const fields = {
    ...{
      ...one,
      output,
      bias: zeros,
      multiplier: sandbox.place(new Float32Array(8).fill(1 / 1024)),
      residual: 0,
    },
    ...{ segmentOffsets: zeros, pixelOffsets: zeros, segments: 1, run: 4, pixels: 1, pixelBlock: 6 },
    ...{ outChannels: 8, outputStride: 8, residualStride: 0, zeroPoint: 0, minimum: 0, maximum: 255 },
    ...{ ownMultiplier: 0, residualMultiplier: 0, residualZeroPoint: 0 },
    ...{ sumZeroPoint: 0, sumMinimum: 0, sumMaximum: 0 },
  };
  sandbox.run('u8i8_conv_6x8', fields, 1);
  return (sandbox.read(Uint8Array, output, 1)[0] ?? 0) > 0 ? 'usdot' : 'sdot';
}

/** What the relaxed dot product means here; `undefined` where there is none or it is not exact. */
function ownDot(): DotFlavour | undefined {
  return runnableVariants().includes('relaxed') && hasExactRelaxedDot() ? nativeDot() : undefined;
}

/** The relaxed kernels with this dot product, the machine's own if it can be. */
export const relaxedModules = (dot: DotFlavour): Modules =>
  dot === ownDot() ? cachedModules('relaxed') : emulatedModules(dot);

/** The variants that this engine runs itself, and the relaxed one as other machines execute it. */
export function flavours(): readonly Flavour[] {
  const simd: Flavour = { name: 'simd', variant: 'simd', form: 'unsigned', modules: cachedModules('simd') };
  const own = ownDot();
  const relaxed = (['usdot', 'sdot'] as const).map((dot) =>
    relaxedFlavour(dot, dot === own ? 'relaxed' : `relaxed with emulated ${dot}`, relaxedModules(dot)),
  );
  return [simd, ...relaxed];
}

/** An empty sandbox with the kernels as this flavour executes them. */
export function sandboxOf({ variant, modules }: Flavour): Sandbox {
  return emptySandbox(variant, modules);
}
