import { SpikeletError } from '../error.js';
import { fileKind } from '../format/file-kind.js';
import type { NirOptions } from '../format/nir/index.js';
import { unpack } from '../format/spikelet.js';
import type { Graph } from '../graph/graph.js';
import { hdf5Offset } from '../hdf5/signature.js';
import { readWhole } from './files.js';
import { UsageError } from './io.js';
import { inCommandWords } from './nir-options.js';
import { shapeNotation } from './shapes.js';

/** What a model file holds. */
export interface ModelFile {
  readonly path: string;
  readonly kind: 'spikelet' | 'onnx' | 'nir';
  readonly bytes: number;
  readonly graph: Graph;
}

/** Shapes for inputs whose dimensions an ONNX file leaves open. */
export type Shapes = Readonly<Record<string, readonly number[]>>;

/**
 * Reads a `.spikelet` or `.onnx` file or, where it is said how, a NIR graph. Throws `not-found`, `out-of-memory`,
 * `invalid-model`, or `unsupported` with all that is unsupported in it, and {@link UsageError} where shapes are missing
 * or wrong.
 */
export async function readModel(path: string, shapes?: Shapes, nir?: NirOptions): Promise<ModelFile> {
  const bytes = readWhole(path);
  const kind = kindOf(bytes, path);
  if (kind !== 'nir' && nir)
    throw new UsageError('--steps and what else is about NIR does nothing for other files');
  if (kind === 'spikelet' && shapes) {
    throw new UsageError('--shape is for ONNX files: the shapes of a .spikelet file are fixed');
  }
  try {
    const graph = await graphIn(kind, bytes, path, shapes, nir);
    return { path, bytes: bytes.length, kind, graph };
  } catch (error) {
    if (!(error instanceof SpikeletError)) throw error;
    const own = kind === 'nir' ? inCommandWords(error) : error;
    if (own instanceof UsageError) throw new UsageError(`${path}: ${own.message}`);
    if (error.where === shapeNotation.option) throw new UsageError(`${path}: ${error.message}`);
    throw new SpikeletError(error.code, error.message, { where: path, cause: error });
  }
}

async function graphIn(
  kind: ModelFile['kind'],
  bytes: Uint8Array,
  path: string,
  shapes: Shapes | undefined,
  nir: NirOptions | undefined,
): Promise<Graph> {
  switch (kind) {
    case 'spikelet':
      return unpack(bytes);
    case 'onnx':
      return readOnnx(bytes, shapes ?? {});
    case 'nir': {
      if (!nir || Number.isNaN(nir.steps)) {
        const example = `spikelet convert ${path} -o model.spikelet --steps 100 --time-step 1e-4`;
        throw new UsageError(
          `${path} is a NIR graph, which has no time steps: convert it with --steps, such as ${example}`,
        );
      }
      const { fromNir } = await import('../format/nir/index.js');
      return fromNir(bytes, nir);
    }
  }
}

function kindOf(bytes: Uint8Array, path: string): ModelFile['kind'] {
  const kind = fileKind(bytes, path);
  if (kind) return kind;
  if (hdf5Offset(bytes) >= 0) return 'nir';
  if (bytes.length === 0) throw new SpikeletError('invalid-model', 'is empty', { where: path });
  // What is wrong with it the reader knows best.
  if (/\.spikelet$/i.test(path)) return 'spikelet';
  throw new SpikeletError('unsupported', 'is neither a .spikelet nor an .onnx file, nor a NIR graph', {
    where: path,
  });
}

async function readOnnx(file: Uint8Array, shapes: Shapes): Promise<Graph> {
  const { importOnnx } = await import('../format/onnx/import.js');
  return importOnnx(file, { shapes, notation: shapeNotation });
}
