import type { ModelPort, Tensor } from 'spikelet';

export type Item = Readonly<Record<string, Tensor>>;

/** Different items; the stream repeats them. */
export const differentItems = 16;

const uniform = (i: number): number => (Math.imul(i + 1, 0x9e3779b1) >>> 8) / 2 ** 24;

function tensorOf({ dtype, shape }: ModelPort, seed: number): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  const value = (i: number): number => uniform(i + seed * count);
  switch (dtype) {
    case 'f32':
      return { dtype, shape, data: Float32Array.from({ length: count }, (_, i) => 4 * value(i) - 2) };
    case 'u8':
      return { dtype, shape, data: Uint8Array.from({ length: count }, (_, i) => 256 * value(i)) };
    case 'i8':
      return { dtype, shape, data: new Int8Array(count) };
    case 'i32':
      return { dtype, shape, data: new Int32Array(count) };
  }
}

/** Made-up inputs that differ. */
export const itemsFor = (inputs: readonly ModelPort[]): readonly Item[] =>
  Array.from({ length: differentItems }, (_, seed) =>
    Object.fromEntries(inputs.map((port) => [port.name, tensorOf(port, seed)])),
  );

/** Numbers that change whenever a bit of the outputs does. */
export function fingerprint(outputs: Readonly<Record<string, Tensor>>): string {
  return Object.values(outputs)
    .map(({ data }) => {
      let hash = 0x811c9dc5;
      for (const byte of new Uint8Array(data.buffer, data.byteOffset, data.byteLength)) {
        hash = Math.imul(hash ^ byte, 0x01000193);
      }
      return hash >>> 0;
    })
    .join();
}
