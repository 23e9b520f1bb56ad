import { align } from './arena.js';
import type { Packing } from './plan.js';
import type { Argument, PackingCall, Program } from './program.js';

/** Room for the largest parameter block of a packing kernel. */
const parameterBytes = 64;
/** Source bytes to copy at once where there are as many: little enough to stay in the second-level cache. */
const stagedBytes = 1 << 18;

const unitsAtOnce = ({ units, unitBytes }: PackingCall): number =>
  Math.min(units, Math.max(1, Math.floor(stagedBytes / unitBytes)));

/**
 * Places what packing kernels need from address `base`: a parameter block, scratch and a copy of some of the source,
 * for one call after the other. The arena may start there too: it holds nothing before the first run.
 */
export function layOutPackings(
  program: Program,
  base: number,
  resolve: (argument: Argument) => number,
): { readonly packings: readonly Packing[]; readonly end: number } {
  let end = base;
  const packings = program.packings.map((call): Packing => {
    const scratch = base + parameterBytes;
    const staging = scratch + align(call.scratchBytes);
    const atOnce = unitsAtOnce(call);
    end = Math.max(end, staging + align(atOnce * call.unitBytes));
    const parameters = Object.entries(call.parameters).map(([name, argument]) => [name, resolve(argument)]);
    return {
      ...{ kernel: call.kernel, units: call.units, source: call.source, unitBytes: call.unitBytes },
      ...{ parameterBlock: base, staging, unitsAtOnce: atOnce },
      parameters: { ...Object.fromEntries(parameters), scratch },
    };
  });
  return { packings, end };
}
