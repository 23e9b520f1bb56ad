import type { Node } from '../../graph/ops/table.js';
import { mapShape, type Pair, type SpatialValue, sceneExtent } from './form.js';
import type { Rewriting } from './rewriting.js';

/** How the rows and columns of a map, `dilation` apart, become images of neighbours. */
interface Phases {
  readonly images: number;
  readonly channels: number;
  readonly dilation: Pair;
  /** Rows and columns of one phase. */
  readonly size: Pair;
}

/** Splits a map into one image for each phase of its rows and columns: [images * phases, channels, rows, columns]. */
function split(rewriting: Rewriting, name: string, extent: Pair, phases: Phases): string {
  const { images, channels, dilation, size } = phases;
  const missing = extent.map((length, axis) => (size[axis] ?? 1) * (dilation[axis] ?? 1) - length);
  const whole = missing.every((count) => count === 0)
    ? name
    : rewriting.emit('pad', `${name}.whole`, [name], {
        attributes: { pads: [0, 0, 0, 0, 0, 0, ...missing] },
      });
  const apart = rewriting.emit('reshape', `${name}.apart`, [whole], {
    attributes: { shape: [images, channels, size[0], dilation[0], size[1], dilation[1]] },
  });
  const turned = rewriting.emit('transpose', `${name}.turned`, [apart], {
    attributes: { permutation: [0, 3, 5, 1, 2, 4] },
  });
  return rewriting.emit('reshape', `${name}.phases`, [turned], {
    attributes: { shape: [images * dilation[0] * dilation[1], channels, ...size] },
  });
}

/** Puts the phases of a map together again. */
function join(rewriting: Rewriting, name: string, { images, channels, dilation, size }: Phases): string {
  const apart = rewriting.emit('reshape', `${name}.apart`, [name], {
    attributes: { shape: [images, ...dilation, channels, ...size] },
  });
  const turned = rewriting.emit('transpose', `${name}.turned`, [apart], {
    attributes: { permutation: [0, 3, 4, 1, 5, 2] },
  });
  const shape = [images, channels, size[0] * dilation[0], size[1] * dilation[1]];
  return rewriting.emit('reshape', `${name}.whole`, [turned], { attributes: { shape } });
}

/**
 * Pools windows whose elements lie `dilation` apart, for operations that know neighbours only: every phase of the rows
 * and columns is pooled as an image of its own.
 *
 * @param node Pools images by single steps; its output becomes that of the whole.
 * @param input A map of the value, cut to what the windows reach.
 * @param extent Rows and columns of `input` over the tile.
 * @param out Positions of a patch in the output, `outDilation` apart.
 */
export function poolPhases(
  rewriting: Rewriting,
  node: Extract<Node, { readonly op: 'averagePool' | 'sumPool' }>,
  x: SpatialValue,
  { input, extent, out, outDilation }: PhasePool,
): void {
  const [images = 1, channels = 1] = mapShape(x);
  const { dilation } = x.form;
  const phaseSize = (axis: 0 | 1): number => Math.ceil(extent[axis] / dilation[axis]);
  const phases = { images, channels, dilation, size: [phaseSize(0), phaseSize(1)] as const };
  const [height = 1, width = 1] = node.attributes.kernel;
  const size = [phases.size[0] - height + 1, phases.size[1] - width + 1] as const;
  const pooled = rewriting.replace(node, node.op, [split(rewriting, input, extent, phases)], {
    attributes: node.attributes,
    ...(node.quantization && { quantization: node.quantization }),
  });
  const whole = join(rewriting, pooled, { ...phases, size });
  const ends = sceneExtent(rewriting.tile, out, outDilation);
  const attributes = { starts: [0, 0], ends, axes: [2, 3] };
  const name = rewriting.emit('slice', `${node.name}.map`, [whole], { attributes });
  const [output = ''] = node.outputs;
  const form = { kind: 'map', dilation: outDilation } as const;
  rewriting.define(output, { name, type: rewriting.typeOf(node, output), form });
}

export interface PhasePool {
  readonly input: string;
  readonly extent: Pair;
  readonly out: Pair;
  readonly outDilation: Pair;
}
