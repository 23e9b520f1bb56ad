import { type Cube, decodeCube, decodeGroundTruth, type GroundTruth, type NamedBytes } from 'spikelet/data';
import { unpack } from 'spikelet/format';
import type { Graph } from 'spikelet/graph';

/** What some files hold. */
export interface Contents {
  readonly cube?: Cube;
  readonly truth?: GroundTruth;
  readonly graph?: Graph;
}

async function bytesOf(file: File): Promise<NamedBytes> {
  return { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) };
}

/** A cube or, where it has a single band or two dimensions, labels. */
async function decodeScene({ name, bytes }: NamedBytes, header: NamedBytes | undefined): Promise<Contents> {
  const options = header ? { header } : {};
  try {
    const cube = await decodeCube(bytes, name, options);
    if (cube.bands > 1) return { cube };
  } catch (error) {
    const truth = await decodeGroundTruth(bytes, name, options).catch(() => undefined);
    if (truth) return { truth };
    throw error;
  }
  return { truth: await decodeGroundTruth(bytes, name, options) };
}

/** Whether a header is that of a data file: `scene.hdr` or `scene.img.hdr` of `scene.img`. */
function isHeaderOf(header: string, name: string): boolean {
  const base = header.replace(/\.hdr$/i, '');
  return name === base || name.replace(/\.[^.]*$/, '') === base;
}

/** Reads files that were picked or dropped together. Rejects with what is wrong with the first that cannot be read. */
export async function readFiles(files: readonly File[]): Promise<Contents> {
  const headers = files.filter(({ name }) => /\.hdr$/i.test(name));
  let contents: Contents = {};
  for (const file of files) {
    if (headers.includes(file)) continue;
    const read = await bytesOf(file);
    if (/\.spikelet$/i.test(file.name)) {
      contents = { ...contents, graph: unpack(read.bytes) };
      continue;
    }
    const header = headers.find(({ name }) => isHeaderOf(name, file.name));
    contents = { ...contents, ...(await decodeScene(read, header && (await bytesOf(header)))) };
  }
  return contents;
}
