import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Group, File as Hdf5File, ready } from 'h5wasm/node';

/** An array of a file; numbers are stored as they come, in f32 unless said otherwise. */
export interface StoredArray {
  readonly shape: readonly number[];
  readonly data: readonly number[];
  readonly type?: '<f' | '<d' | '<q' | '<i';
  readonly chunks?: readonly number[];
}

export interface NodeSpec {
  readonly type: string;
  readonly [field: string]: string | number | StoredArray | GraphSpec['nodes'] | GraphSpec['edges'];
}

export interface GraphSpec {
  readonly nodes: Readonly<Record<string, NodeSpec>>;
  readonly edges: readonly (readonly [from: string, to: string])[];
}

export const array = (
  shape: readonly number[],
  data: readonly number[],
  type: StoredArray['type'] = '<f',
): StoredArray => ({ shape, data, type });

/** A list of numbers. */
export const list = (...data: number[]): StoredArray => array([data.length], data);
export const integers = (...data: number[]): StoredArray => array([data.length], data, '<q');

const isArray = (value: object): value is StoredArray => 'shape' in value && 'data' in value;

function typed({ data, type = '<f' }: StoredArray): Float32Array | Float64Array | BigInt64Array | Int32Array {
  switch (type) {
    case '<f':
      return Float32Array.from(data);
    case '<d':
      return Float64Array.from(data);
    case '<q':
      return BigInt64Array.from(data, BigInt);
    case '<i':
      return Int32Array.from(data);
  }
}

function writeText(group: Group, name: string, data: string | string[], shape: number[] | null): void {
  group.create_dataset({ name, data, shape, dtype: 'S' });
}

function writeField(group: Group, name: string, value: NodeSpec[string]): void {
  if (typeof value === 'string') writeText(group, name, value, []);
  else if (typeof value === 'number') {
    group.create_dataset({ name, data: BigInt64Array.of(BigInt(value)), shape: [], dtype: '<q' });
  } else if (Array.isArray(value)) writeText(group, name, value.flat(), [value.length, 2]);
  else if (isArray(value)) {
    const { shape, type = '<f', chunks } = value;
    group.create_dataset({
      name,
      data: typed(value),
      shape: [...shape],
      dtype: type,
      ...(shape.length > 0 && { chunks: [...(chunks ?? shape)], compression: 'gzip' }),
    });
  } else {
    const inner = group.create_group(name);
    for (const [node, spec] of Object.entries(value)) writeNode(inner.create_group(node), spec);
  }
}

function writeNode(group: Group, spec: NodeSpec): void {
  for (const [name, value] of Object.entries(spec)) writeField(group, name, value);
}

let written = 0;

/** A NIR file as the reference implementation writes them: HDF5, arrays compressed. */
export async function nirFile(graph: GraphSpec): Promise<Uint8Array> {
  await ready;
  const path = join(tmpdir(), `spikelet-test-${process.pid}-${written++}.nir`);
  const file = new Hdf5File(path, 'w');
  writeText(file, 'version', '1.0.0', []);
  writeNode(file.create_group('node'), { type: 'NIRGraph', nodes: graph.nodes, edges: graph.edges });
  file.close();
  const bytes = readFileSync(path);
  rmSync(path);
  return Uint8Array.from(bytes);
}

/** A chain of nodes between an input and an output. */
export function chain(
  inputShape: readonly number[],
  nodes: Readonly<Record<string, NodeSpec>>,
  outputShape: readonly number[],
): GraphSpec {
  const names = ['in', ...Object.keys(nodes), 'out'];
  return {
    nodes: {
      in: { type: 'Input', shape: integers(...inputShape) },
      ...nodes,
      out: { type: 'Output', shape: integers(...outputShape) },
    },
    edges: names.slice(1).map((name, i) => [names[i] ?? '', name] as const),
  };
}
