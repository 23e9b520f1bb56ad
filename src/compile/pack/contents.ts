import { type FloatWeightShape, packFloatWeights } from './weights_f32.js';
import { packWinogradWeights, type WinogradShape } from './winograd.js';

/** What a constant of linear memory starts with: bytes as they are, or weights that are packed as they are written. */
export type Contents =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'f32'; readonly weights: Float32Array; readonly shape: FloatWeightShape }
  | { readonly kind: 'winograd'; readonly weights: Float32Array; readonly shape: WinogradShape };

/** Writes the contents of a constant into its place, which is zero. */
export function writeContents(contents: Contents, place: Uint8Array<ArrayBufferLike>): void {
  switch (contents.kind) {
    case 'bytes':
      place.set(contents.bytes);
      return;
    case 'f32':
      packFloatWeights(contents.weights, contents.shape, floatsAt(place));
      return;
    case 'winograd':
      packWinogradWeights(contents.weights, contents.shape, floatsAt(place));
  }
}

const floatsAt = (place: Uint8Array<ArrayBufferLike>): Float32Array<ArrayBufferLike> =>
  new Float32Array(place.buffer, place.byteOffset, place.length / 4);
