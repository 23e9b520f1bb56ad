import { type Lifetime, Occupancy } from './occupancy.js';
import { type Buffer, isPointer, type Program } from './program.js';

/** Kernels may read this far past the end of a buffer. */
const overRead = 16;
const alignment = 16;

export const align = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;

export interface Placement extends Lifetime {
  readonly buffer: Buffer;
  readonly address: number;
}

/** First and last call that touches each buffer; inputs live from before the first call, outputs past the last. */
export function lifetimes(
  program: Program,
  inputs: readonly Buffer[],
  outputs: readonly Buffer[],
): ReadonlyMap<Buffer, Lifetime> {
  const spans = new Map<Buffer, Lifetime>(inputs.map((buffer) => [buffer, { first: -1, last: -1 }]));
  const touch = (buffer: Buffer, call: number): void => {
    const span = spans.get(buffer);
    spans.set(buffer, { first: span?.first ?? call, last: call });
  };
  program.calls.forEach((call, index) => {
    for (const argument of Object.values(call.parameters)) {
      if (isPointer(argument) && argument.buffer.region !== 'constants') touch(argument.buffer, index);
    }
  });
  for (const buffer of outputs) if (buffer.region !== 'constants') touch(buffer, program.calls.length);
  return spans;
}

interface Block extends Lifetime {
  readonly bytes: number;
  readonly members: (Lifetime & { readonly buffer: Buffer })[];
}

/** Joins buffers that a call may overwrite in place with what it writes, where nothing reads the input later. */
function joinReuses(program: Program, spans: ReadonlyMap<Buffer, Lifetime>): readonly Block[] {
  const blocks = new Map<Buffer, Block>();
  for (const [buffer, span] of spans) {
    blocks.set(buffer, { ...span, bytes: buffer.bytes, members: [{ ...span, buffer }] });
  }
  for (const { input, output, call } of program.reuses) {
    const before = blocks.get(input);
    const after = blocks.get(output);
    if (!before || !after || before === after || before.last !== call || after.first !== call) continue;
    if (before.bytes < output.bytes) continue;
    // `before` starts a chain that grows; `after` is its newest member alone, as calls come in order.
    before.members.push(...after.members);
    const bytes = Math.max(before.bytes, after.bytes);
    const joined: Block = { first: before.first, last: after.last, bytes, members: before.members };
    blocks.delete(input);
    blocks.set(output, joined);
  }
  return [...blocks.values()];
}

/** Addresses for all buffers that are not constants: largest first, each in the lowest gap of its lifetime. */
export function planArena(
  program: Program,
  spans: ReadonlyMap<Buffer, Lifetime>,
  base: number,
): { readonly placements: readonly Placement[]; readonly end: number } {
  const blocks = [...joinReuses(program, spans)].sort((a, b) => b.bytes - a.bytes || a.first - b.first);
  const occupancy = new Occupancy({ first: -1, last: program.calls.length });
  let end = base;
  const placements = blocks.flatMap((block) => {
    const bytes = align(block.bytes + overRead);
    const address = occupancy.lowestGap(block, bytes, base);
    occupancy.add(block, address, address + bytes);
    end = Math.max(end, address + bytes);
    return block.members.map((member) => ({ ...member, address }));
  });
  return { placements: placements.sort((a, b) => a.address - b.address), end };
}
