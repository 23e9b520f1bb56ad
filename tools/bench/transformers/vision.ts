import { type GraphBuilder, graphBuilder } from '../../../src/graph/builder.js';
import type { Graph } from '../../../src/graph/graph.js';
import { elementCount } from '../../../src/graph/tensor.js';
import { seededRandom } from '../networks/draft.js';

/** Sizes of a vision transformer over images of `side` pixels cut into patches. */
export interface VisionShape {
  readonly features: number;
  readonly blocks: number;
  readonly heads: number;
  readonly patch: number;
  readonly side: number;
}

export const visionShapes: Readonly<Record<'vit-tiny' | 'vit-small' | 'vit-base', VisionShape>> = {
  'vit-tiny': { features: 192, blocks: 12, heads: 3, patch: 16, side: 224 },
  'vit-small': { features: 384, blocks: 12, heads: 6, patch: 16, side: 224 },
  'vit-base': { features: 768, blocks: 12, heads: 12, patch: 16, side: 224 },
};

/** A graph in the making with layers of random weights, which keep the size of what they multiply. */
class Vision {
  readonly graph: GraphBuilder;
  readonly #random = seededRandom(7);

  constructor(name: string) {
    this.graph = graphBuilder(name);
  }

  constant(label: string, sizes: readonly number[], spread: number, around = 0): string {
    const count = elementCount(sizes);
    const data = Float32Array.from({ length: count }, () => around + spread * (2 * this.#random() - 1));
    return this.graph.constant(label, { dtype: 'f32', shape: sizes, data });
  }

  linear(label: string, x: string, from: number, to: number): string {
    const weight = this.constant(`${label}.weight`, [to, from], Math.sqrt(3 / from));
    return this.graph.node('linear', [x, weight, this.constant(`${label}.bias`, [to], 0.1)], { name: label });
  }

  norm(label: string, x: string, features: number): string {
    const scale = this.constant(`${label}.scale`, [features], 0.2, 1);
    const inputs = [x, scale, this.constant(`${label}.bias`, [features], 0.1)];
    return this.graph.node('layerNorm', inputs, { name: label, attributes: { axis: 2, epsilon: 1e-6 } });
  }

  /** Patches of an image as tokens behind a class token, with positions. */
  tokens(image: string, { features, patch, side }: VisionShape): string {
    const { graph } = this;
    const tokens = (side / patch) ** 2;
    const kernel = this.constant('patches.weight', [features, 3, patch, patch], 1 / patch);
    const patches = graph.node('conv', [image, kernel, this.constant('patches.bias', [features], 0.1)], {
      attributes: { strides: [patch, patch], pads: [0, 0, 0, 0] },
    });
    const flat = graph.node('reshape', [patches], { attributes: { shape: [1, features, tokens] } });
    const sequence = graph.node('transpose', [flat], { attributes: { permutation: [0, 2, 1] } });
    const token = this.constant('token', [1, 1, features], 1);
    const joined = graph.node('concat', [token, sequence], { attributes: { axis: 1 } });
    return graph.node('add', [joined, this.constant('position', [1, tokens + 1, features], 0.5)]);
  }

  block(index: number, x: string, { features, heads }: VisionShape): string {
    const { graph } = this;
    const own = (part: string): string => `blocks.${index}.${part}`;
    const y = this.norm(own('norm1'), x, features);
    const heard = ['query', 'key', 'value'].map((part) => this.linear(own(part), y, features, features));
    const attended = graph.node('attention', heard, {
      name: own('attention'),
      attributes: { heads, scale: 1 / Math.sqrt(features / heads) },
    });
    const sum = graph.node('add', [x, this.linear(own('project'), attended, features, features)]);
    const wide = this.linear(own('expand'), this.norm(own('norm2'), sum, features), features, 4 * features);
    const active = graph.node('gelu', [wide], { name: own('gelu') });
    return graph.node('add', [sum, this.linear(own('contract'), active, 4 * features, features)]);
  }
}

/** A vision transformer of random weights. */
export function visionTransformer(name: string, shape: VisionShape, classes = 1000): Graph {
  const vision = new Vision(name);
  const { graph } = vision;
  const { features, side } = shape;
  let x = vision.tokens(graph.input('image', { dtype: 'f32', shape: [1, 3, side, side] }), shape);
  for (let block = 0; block < shape.blocks; block++) x = vision.block(block, x, shape);
  const part = { starts: [0], ends: [1], axes: [1], steps: [1] };
  const first = graph.node('slice', [vision.norm('norm', x, features)], { attributes: part });
  const pooled = graph.node('reshape', [first], { attributes: { shape: [1, features] } });
  graph.output(vision.linear('head', pooled, features, classes));
  return graph.build();
}
