import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { NodeRuntime } from '../runtimes.js';
import type { Ratio } from '../statistics.js';

/** The rate of a kernel over some layers, staging of their inputs included, against the peak of one core. */
export interface KernelRate {
  readonly kernel: string;
  /** Channels in, channels out, height and width of a 3x3 convolution, or a network, all convolutions of which it runs. */
  readonly shape: string;
  /** Multiply-accumulates a nanosecond, median. */
  readonly rate: number;
  /** Rate by peak, both taken in the same round. */
  readonly ofPeak: Ratio;
  readonly milliseconds: number;
}

export interface KernelResult {
  readonly runtime: string;
  readonly variant: 'relaxed' | 'simd';
  readonly rates: readonly KernelRate[];
}

/** Kernels alone in a process of their own: the hot layers one by one, then all layers of ResNet-18. */
export function measureKernels(runtime: NodeRuntime, root: string, rounds: number): KernelResult {
  const run = (...more: readonly string[]) => {
    const script = join(root, 'tools/bench/kernels/run.mjs');
    const arguments_ = [script, '--json', '--rounds', String(rounds), ...more];
    const text = execFileSync(runtime.command, arguments_, { cwd: root, encoding: 'utf8' });
    return JSON.parse(text) as Pick<KernelResult, 'variant'> & { readonly results: readonly KernelRate[] };
  };
  const kernels = ['u8i8_conv_6x8', 'u8i4_conv_6x8', 'u8i2_conv_6x8', 'f32_conv_6x8'].join(',');
  const { variant, results } = run('--kernels', kernels);
  const stacked = run('--kernels', kernels, '--stack').results;
  return { runtime: runtime.name, variant, rates: [...results, ...stacked] };
}
