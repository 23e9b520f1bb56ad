const openingBrace = 0x7b;
/** Protobuf's tag of a model's first field, the version of the format, which is a small number. */
const irVersionTag = 0x08;
const greatestIrVersion = 64;

/** A container starts with the length of its JSON header in 8 bytes, the highest of which is 0. */
const isContainer = (bytes: Uint8Array): boolean => bytes[7] === 0 && bytes[8] === openingBrace;

/** What a file is: by its first bytes, or by its name where they could be anything. */
export function fileKind(bytes: Uint8Array, name: string): 'spikelet' | 'onnx' | undefined {
  if (isContainer(bytes)) return 'spikelet';
  const [tag, version = 0] = bytes;
  const isOnnx = tag === irVersionTag && version <= greatestIrVersion;
  return isOnnx || /\.onnx($|[?#])/i.test(name) ? 'onnx' : undefined;
}
