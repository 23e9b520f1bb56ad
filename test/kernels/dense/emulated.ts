import binaryen from 'binaryen';
import type { ActivationForm } from '../../../src/compile/pack/bias.js';
import { builtModule, cachedModule, runnableVariants, Sandbox, type Variant } from '../harness.js';
import { withFunctions } from './rewrite.js';

/** How an engine may execute the relaxed dot product: the second operand as u8 (x86) or as i8 (ARM). */
export type DotFlavour = 'usdot' | 'sdot';

/** Products of bytes, pairs of them, then pairs of pairs: 4 products a lane, added to the accumulator. */
function dotFunction(flavour: DotFlavour): string {
  const widen = (half: 'low' | 'high', operand: number): string => {
    const sign = operand === 1 && flavour === 'usdot' ? 'u' : 's';
    return `(i16x8.extend_${half}_i8x16_${sign} (local.get ${operand}))`;
  };
  const pairs = (half: 'low' | 'high'): string => `(i32x4.dot_i16x8_s ${widen(half, 0)} ${widen(half, 1)})`;
  const even = '0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27';
  const odd = '4 5 6 7 12 13 14 15 20 21 22 23 28 29 30 31';
  return `(func $emulated_dot (param v128 v128 v128) (result v128) (local v128 v128)
    (local.set 3 ${pairs('low')}) (local.set 4 ${pairs('high')})
    (i32x4.add (local.get 2) (i32x4.add
      (i8x16.shuffle ${even} (local.get 3) (local.get 4))
      (i8x16.shuffle ${odd} (local.get 3) (local.get 4)))))`;
}

/** A relaxed multiply-add that rounds twice, as the proposal allows. */
const maddFunction = `(func $emulated_madd (param v128 v128 v128) (result v128)
  (f32x4.add (f32x4.mul (local.get 0) (local.get 1)) (local.get 2)))`;

/** The relaxed kernels with every relaxed instruction replaced by a call of a function of plain SIMD. */
function emulatedModule(flavour: DotFlavour): WebAssembly.Module {
  const assembled = binaryen.parseText(`(module ${dotFunction(flavour)} ${maddFunction})`);
  assembled.setFeatures(binaryen.Features.All);
  const helpers = assembled.emitBinary();
  return new WebAssembly.Module(withFunctions(builtModule('relaxed'), helpers, relaxedInstructions));
}

/** Encodings of i32x4.relaxed_dot_i8x16_i7x16_add_s and f32x4.relaxed_madd, in the order of the helpers. */
const relaxedInstructions = [
  [0xfd, 0x93, 0x02],
  [0xfd, 0x85, 0x02],
] as const;

/** A way to execute the kernels, and how activations have to be staged for it. */
export interface Flavour {
  readonly name: string;
  readonly variant: Variant;
  readonly form: ActivationForm;
  readonly module: WebAssembly.Module;
}

function relaxedFlavour(dot: DotFlavour, name: string, module: WebAssembly.Module): Flavour {
  return { name, variant: 'relaxed', form: dot === 'sdot' ? 'flipped' : 'unsigned', module };
}

/** What this machine makes of its own relaxed dot product: 127 * 255 is positive where activations are unsigned. */
function nativeDot(): DotFlavour {
  const sandbox = new Sandbox('relaxed');
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

/** The variants that this engine runs itself, and the relaxed one as other machines execute it. */
export function flavours(): readonly Flavour[] {
  const simd: Flavour = { name: 'simd', variant: 'simd', form: 'unsigned', module: cachedModule('simd') };
  const own = runnableVariants().includes('relaxed') ? nativeDot() : undefined;
  const relaxed = (['usdot', 'sdot'] as const).map((dot) =>
    dot === own
      ? relaxedFlavour(dot, 'relaxed', cachedModule('relaxed'))
      : relaxedFlavour(dot, `relaxed with emulated ${dot}`, emulatedModule(dot)),
  );
  return [simd, ...relaxed];
}

/** A sandbox with the kernels as this flavour executes them. */
export function sandboxOf({ variant, module }: Flavour, bytes?: number): Sandbox {
  return new Sandbox(variant, bytes, module);
}
