import type { MemoryBlock, Plan } from './plan.js';

const columns = ['address', 'bytes', 'region', 'steps', 'name'] as const;

function describe({ address, bytes, region, lifetime: [first, last], name }: MemoryBlock): readonly string[] {
  return [
    address.toString(16).padStart(8, '0'),
    bytes.toLocaleString('en'),
    region,
    last < 0 ? 'load' : `${first}-${last}`,
    name,
  ];
}

/** The layout of a plan's memory as text, one line a block, by address. */
export function memoryMap(plan: Pick<Plan, 'blocks' | 'memoryBytes'>): string {
  const blocks = [...plan.blocks].sort((a, b) => a.address - b.address || a.lifetime[0] - b.lifetime[0]);
  const rows = [columns, ...blocks.map(describe)];
  const widths = columns.map((_, i) => rows.reduce((width, row) => Math.max(width, row[i]?.length ?? 0), 0));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => (i === 1 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  return [...lines, `${plan.memoryBytes.toLocaleString('en')} bytes in all`].join('\n');
}
