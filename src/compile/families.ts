import type { Graph } from '../graph/graph.js';
import type { OperationName } from '../graph/ops/table.js';
import { inferTypes } from '../graph/types.js';
import { coreKernels } from './kernels/core.js';
import type { KernelRow } from './kernels/row.js';

/** Lowerings that call the kernels of a family: loaded with it, for the models that need it. */
export interface FamilyLowerings {
  readonly sparse?: typeof import('./lower/sparse/index.js');
  readonly spiking?: typeof import('./lower/spiking/index.js');
  readonly attention?: typeof import('./lower/attention/index.js');
}

/** A family that only some models need. */
export type ExtraFamily = keyof FamilyLowerings;

/** Kernels that come together in one WebAssembly module. */
export type KernelFamily = 'core' | ExtraFamily;

const loaders = {
  sparse: async () => ({ sparse: await import('./lower/sparse/index.js') }),
  spiking: async () => ({ spiking: await import('./lower/spiking/index.js') }),
  attention: async () => ({ attention: await import('./lower/attention/index.js') }),
} satisfies Readonly<Record<ExtraFamily, () => Promise<FamilyLowerings>>>;

export async function loadLowerings(families: readonly ExtraFamily[]): Promise<FamilyLowerings> {
  const loaded: readonly FamilyLowerings[] = await Promise.all(families.map((family) => loaders[family]()));
  return Object.assign({}, ...loaded);
}

/** The kernels that plans may call, by name. */
export function knownKernels(
  lowerings: FamilyLowerings,
): ReadonlyMap<string, { readonly row: KernelRow; readonly family: KernelFamily }> {
  const rows: Readonly<Record<KernelFamily, readonly KernelRow[]>> = {
    core: coreKernels,
    sparse: lowerings.sparse?.kernels ?? [],
    spiking: lowerings.spiking?.kernels ?? [],
    attention: lowerings.attention?.kernels ?? [],
  };
  const families = ['core', 'sparse', 'spiking', 'attention'] as const satisfies readonly KernelFamily[];
  return new Map(
    families.flatMap((family) => rows[family].map((row) => [row.name, { row, family }] as const)),
  );
}

/** Families whose lowerings a graph needs, or may run faster by. */
export function familiesFor(graph: Graph): readonly ExtraFamily[] {
  return [
    ...(anySparser(graph, 1 / 16) ? (['sparse'] as const) : []),
    ...(computesWithSpikes(graph) ? (['spiking'] as const) : []),
    ...(graph.nodes.some(({ op }) => ofTransformers.has(op)) ? (['attention'] as const) : []),
  ];
}

/**
 * Whether a plan of the graph is certain enough to call kernels of a family that it may need: they are loaded ahead of
 * the plan, others when it calls them.
 */
export const expectsKernels = (graph: Graph, family: ExtraFamily): boolean =>
  family !== 'sparse' || anySparser(graph, 1 / 48);

/** Operations that are lowered with the family of attention. */
const ofTransformers: ReadonlySet<OperationName> = new Set(['attention', 'gather', 'layerNorm', 'matmul']);

/** Whether a graph has neurons. */
export const isSpiking = ({ nodes }: Graph): boolean =>
  nodes.some(({ op }) => op === 'lif' || op === 'integrate');

/** Weights looked at. */
const samples = 256;

/**
 * Whether some weights have a share that is not zero below `perBit` times their bits, as dense weights of fewer bits
 * take less memory. They are looked at in steps that meet every place of a window.
 */
const anySparser = ({ constants }: Graph, perBit: number): boolean =>
  [...constants.values()].some(({ dtype, shape, data, quantization }) => {
    if (dtype !== 'i8' || shape.length < 2) return false;
    let nonZero = 0;
    for (let i = 0; i < samples; i++) if (data[(i * 0x9e3b) % data.length] !== 0) nonZero++;
    return nonZero < samples * perBit * (quantization?.bits ?? 8);
  });

/** Whether a graph has operations over time, or weights that turn u8 values into f32 ones. */
function computesWithSpikes(graph: Graph): boolean {
  if (
    graph.nodes.some(({ op }) => op === 'lif' || op === 'integrate' || op === 'delay' || op === 'threshold')
  ) {
    return true;
  }
  const real = graph.nodes.filter(
    ({ op, quantization }) => (op === 'conv' || op === 'linear') && !quantization,
  );
  if (real.length === 0 || !hasIntegers(graph)) return false;
  const types = inferTypes(graph);
  return real.some(({ inputs: [x = ''] }) => types.get(x)?.dtype === 'u8');
}

const hasIntegers = ({ inputs, nodes }: Graph): boolean =>
  inputs.some(({ type }) => type.dtype === 'u8') ||
  nodes.some(({ quantization }) => quantization !== undefined);
