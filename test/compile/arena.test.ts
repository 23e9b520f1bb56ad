import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { align, lifetimes, type Placement, planArena } from '../../src/compile/arena.js';
import { type Buffer, Program, pointer } from '../../src/compile/program.js';

interface Use {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

const calls = 12;

const use: fc.Arbitrary<Use> = fc
  .tuple(fc.integer({ min: 1, max: 5000 }), fc.nat(calls - 1), fc.nat(calls - 1))
  .map(([bytes, a, b]) => ({ bytes, first: Math.min(a, b), last: Math.max(a, b) }));

/** A program of which call i names every buffer whose lifetime begins or ends there. */
function programOf(uses: readonly Use[]): { readonly program: Program; readonly buffers: readonly Buffer[] } {
  const program = new Program();
  const buffers = uses.map(({ bytes }, i) => program.buffer(`b${i}`, bytes));
  for (let call = 0; call < calls; call++) {
    const touched = uses.flatMap(({ first, last }, i) => {
      const buffer = buffers[i];
      return buffer && (first === call || last === call) ? [[`p${i}`, pointer(buffer)] as const] : [];
    });
    program.call('any', 1, Object.fromEntries(touched));
  }
  return { program, buffers };
}

/** Where each buffer goes by the plain rule, largest first: the lowest gap between all that live at the same time. */
function plainPlan(program: Program, base: number): ReadonlyMap<Buffer, number> {
  const placed: Placement[] = [];
  const spans = [...lifetimes(program, [], [])].map(([buffer, span]) => ({ buffer, ...span }));
  const endOf = ({ address, buffer }: Placement) => address + align(buffer.bytes + 16);
  for (const next of spans.sort((a, b) => b.buffer.bytes - a.buffer.bytes || a.first - b.first)) {
    const around = placed.filter((other) => alive({ ...next, address: 0 }, other));
    const places = [base, ...around.map(endOf)].sort((a, b) => a - b);
    const fits = (address: number) =>
      around.every((other) => endOf({ ...next, address }) <= other.address || endOf(other) <= address);
    placed.push({ ...next, address: places.find(fits) ?? Number.NaN });
  }
  return new Map(placed.map(({ buffer, address }) => [buffer, address]));
}

const alive = (a: Placement, b: Placement): boolean => a.first <= b.last && b.first <= a.last;

const apart = (a: Placement, b: Placement): boolean =>
  a.address + a.buffer.bytes <= b.address || b.address + b.buffer.bytes <= a.address;

describe('planning of the arena', () => {
  it('never gives two buffers that live at the same time the same bytes', () => {
    fc.assert(
      fc.property(fc.array(use, { maxLength: 30 }), (uses) => {
        const { program } = programOf(uses);
        const { placements } = planArena(program, lifetimes(program, [], []), 1024);
        expect(placements).toHaveLength(uses.length);
        for (const [i, a] of placements.entries()) {
          for (const b of placements.slice(i + 1)) expect(!alive(a, b) || apart(a, b)).toBe(true);
        }
      }),
    );
  });

  it('aligns every buffer to 16 bytes, above the base and with room to read 16 bytes past its end', () => {
    fc.assert(
      fc.property(fc.array(use, { minLength: 1, maxLength: 30 }), (uses) => {
        const { program } = programOf(uses);
        const { placements, end } = planArena(program, lifetimes(program, [], []), 1024);
        for (const { address, buffer } of placements) {
          expect(address % 16).toBe(0);
          expect(address).toBeGreaterThanOrEqual(1024);
          expect(address + buffer.bytes + 16).toBeLessThanOrEqual(end);
        }
      }),
    );
  });

  it('puts each buffer, largest first, into the lowest gap of its lifetime', () => {
    fc.assert(
      fc.property(fc.array(use, { maxLength: 30 }), (uses) => {
        const { program } = programOf(uses);
        const { placements } = planArena(program, lifetimes(program, [], []), 1024);
        const addresses = new Map(placements.map(({ buffer, address }) => [buffer, address]));
        expect(addresses).toEqual(plainPlan(program, 1024));
      }),
    );
  });

  it('takes no time that grows with the square of the buffers that live at once', () => {
    const program = new Program();
    const buffers = Array.from({ length: 20_000 }, (_, i) => program.buffer(`b${i}`, 16 * (1 + (i % 50))));
    for (const buffer of buffers) program.call('write', 1, { output: pointer(buffer) });
    const start = process.cpuUsage();
    const { placements } = planArena(program, lifetimes(program, [], buffers), 0);
    expect(placements).toHaveLength(buffers.length);
    expect(process.cpuUsage(start).user).toBeLessThan(10e6);
  });

  it('uses memory again when its buffer is no longer read', () => {
    const uses = [0, 1, 2, 3].map((first) => ({ bytes: 1000, first, last: first }));
    const { program } = programOf(uses);
    expect(planArena(program, lifetimes(program, [], []), 0).end).toBe(1024);
  });

  it('keeps inputs from before the first call and outputs until after the last', () => {
    const { program, buffers } = programOf([
      { bytes: 64, first: 3, last: 3 },
      { bytes: 64, first: 1, last: 1 },
    ]);
    const [input, output] = buffers;
    if (!input || !output) throw new Error('two buffers');
    const spans = lifetimes(program, [input], [output]);
    expect(spans.get(input)).toEqual({ first: -1, last: 3 });
    expect(spans.get(output)).toEqual({ first: 1, last: calls });
  });
});

describe('results in place', () => {
  const inPlace = (lastRead: number): readonly Placement[] => {
    const program = new Program();
    const [input, output] = [program.buffer('input', 100), program.buffer('output', 100)];
    program.call('write', 1, { output: pointer(input) });
    program.call('map', 1, { input: pointer(input), output: pointer(output) });
    program.mayOverwrite(input, output);
    program.call('read', 1, { input: pointer(lastRead === 2 ? input : output) });
    return planArena(program, lifetimes(program, [], [output]), 0).placements;
  };

  it('share the address of an input that nothing reads afterwards', () => {
    const [a, b] = inPlace(1);
    expect(a?.address).toBe(b?.address);
  });

  it('get memory of their own where the input is read again', () => {
    const [a, b] = inPlace(2);
    expect(a?.address).not.toBe(b?.address);
  });
});
