const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
/** Where the format allows it; MATLAB puts a header of 512 bytes in front. */
const offsets = [0, 512, 1024, 2048, 4096];

/** Where the HDF5 part of a file begins, or -1 if it has none. */
export const hdf5Offset = (bytes: Uint8Array): number =>
  offsets.find((at) => signature.every((byte, i) => bytes[at + i] === byte)) ?? -1;
