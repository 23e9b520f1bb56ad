import { SpikeletError } from '../error.js';
import { unpack } from '../format/spikelet.js';
import type { Graph } from '../graph/graph.js';
import { readWhole } from './files.js';

/** What a model file holds. */
export interface ModelFile {
  readonly path: string;
  readonly kind: 'spikelet' | 'onnx';
  readonly bytes: number;
  readonly graph: Graph;
}

/** Shapes for inputs whose dimensions an ONNX file leaves open. */
export type Shapes = Readonly<Record<string, readonly number[]>>;

/** A container starts with the length of its JSON header, 8 bytes, and then the header. */
const isContainer = (bytes: Uint8Array): boolean => bytes[8] === 0x7b;

/**
 * Reads a `.spikelet` or `.onnx` file. Throws `not-found`, `invalid-model`, or `unsupported` with all that is
 * unsupported in it.
 */
export async function readModel(path: string, shapes?: Shapes): Promise<ModelFile> {
  const bytes = readWhole(path);
  const isOnnx = /\.onnx$/i.test(path);
  if (!isOnnx && !isContainer(bytes) && !/\.spikelet$/i.test(path)) {
    throw new SpikeletError('unsupported', 'is neither a .spikelet nor an .onnx file', { where: path });
  }
  try {
    const graph = isOnnx ? await readOnnx(bytes, shapes) : unpack(bytes);
    return { path, bytes: bytes.length, kind: isOnnx ? 'onnx' : 'spikelet', graph };
  } catch (error) {
    if (!(error instanceof SpikeletError)) throw error;
    throw new SpikeletError(error.code, error.message, { where: path, cause: error });
  }
}

async function readOnnx(bytes: Uint8Array, shapes: Shapes | undefined): Promise<Graph> {
  const { fromOnnx } = await import('../format/onnx/index.js');
  return fromOnnx(bytes, shapes ? { shapes } : {});
}
