import { SpikeletError } from '../error.js';
import { fileKind } from '../format/file-kind.js';
import { unpack } from '../format/spikelet.js';
import type { Graph } from '../graph/graph.js';
import { readWhole } from './files.js';
import { UsageError } from './io.js';
import { shapeNotation } from './shapes.js';

/** What a model file holds. */
export interface ModelFile {
  readonly path: string;
  readonly kind: 'spikelet' | 'onnx';
  readonly bytes: number;
  readonly graph: Graph;
}

/** Shapes for inputs whose dimensions an ONNX file leaves open. */
export type Shapes = Readonly<Record<string, readonly number[]>>;

/**
 * Reads a `.spikelet` or `.onnx` file. Throws `not-found`, `invalid-model`, or `unsupported` with all that is
 * unsupported in it, and {@link UsageError} where shapes are missing or wrong.
 */
export async function readModel(path: string, shapes?: Shapes): Promise<ModelFile> {
  const bytes = readWhole(path);
  const kind = kindOf(bytes, path);
  if (kind === 'spikelet' && shapes) {
    throw new UsageError('--shape is for ONNX files: the shapes of a .spikelet file are fixed');
  }
  try {
    const graph = kind === 'onnx' ? await readOnnx(bytes, shapes ?? {}) : unpack(bytes);
    return { path, bytes: bytes.length, kind, graph };
  } catch (error) {
    if (!(error instanceof SpikeletError)) throw error;
    if (error.where === shapeNotation.option) throw new UsageError(`${path}: ${error.message}`);
    throw new SpikeletError(error.code, error.message, { where: path, cause: error });
  }
}

function kindOf(bytes: Uint8Array, path: string): ModelFile['kind'] {
  const kind = fileKind(bytes, path);
  if (kind) return kind;
  if (bytes.length === 0) throw new SpikeletError('invalid-model', 'is empty', { where: path });
  if (/\.spikelet$/i.test(path)) {
    throw new SpikeletError('invalid-model', 'holds no model, whatever its name says', { where: path });
  }
  throw new SpikeletError('unsupported', 'is neither a .spikelet nor an .onnx file', { where: path });
}

async function readOnnx(file: Uint8Array, shapes: Shapes): Promise<Graph> {
  const { importOnnx } = await import('../format/onnx/import.js');
  return importOnnx(file, { shapes, notation: shapeNotation });
}
