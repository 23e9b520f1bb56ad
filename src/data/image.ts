import { SpikeletError } from '../error.js';
import type { GraphInput, ImageMeaning } from '../graph/graph.js';
import { elementCount, formatType, type Tensor } from '../graph/tensor.js';
import { checkPixels, type Pixels, planes } from './pixels.js';
import { type Fit, resizePlane } from './resize.js';

export interface ImageOptions {
  /** How the picture is brought to the model's size: `crop` (default) or `stretch`. */
  readonly fit?: Fit;
  /** What the input's numbers are, for a model that does not say so itself. */
  readonly meaning?: ImageMeaning;
}

/** Meaning assumed for an image input that has none: RGB or gray from 0 to 1. */
function plainMeaning(channels: number): ImageMeaning {
  return channels === 1
    ? { kind: 'image', channels: 'gray', mean: [0], std: [1] }
    : { kind: 'image', channels: 'rgb', mean: [0, 0, 0], std: [1, 1, 1] };
}

/**
 * A picture as a model's input: resized to the input's height and width (triangle filter), channels in the order
 * that the input means, `(pixel / 255 - mean) / std` for f32; a `u8` input takes the bytes as they are.
 *
 * @param input An input of shape [1, channels, height, width].
 * @returns A tensor of the input's shape. Throws `invalid-input` if the input is not an image.
 * @example
 * const image = imageToTensor({ width, height, channels: 4, data: context.getImageData(0, 0, width, height).data },
 *   model.inputs[0]);
 */
export function imageToTensor(
  pixels: Pixels,
  input: Pick<GraphInput, 'name' | 'type' | 'meaning'>,
  options: ImageOptions = {},
): Tensor {
  checkPixels(pixels);
  const [batch, channels = 0, height = 0, width = 0] = input.type.shape;
  const numeric = input.type.dtype === 'f32' || input.type.dtype === 'u8';
  if (!numeric || input.type.shape.length !== 4 || batch !== 1 || (channels !== 1 && channels !== 3)) {
    throw new SpikeletError(
      'invalid-input',
      `${formatType(input.type)} is not one image; expected f32 or u8 [1, 3 or 1, height, width]`,
      { where: `input '${input.name}'` },
    );
  }
  const meaning = meaningOf(input, options, channels);
  const data =
    input.type.dtype === 'f32'
      ? new Float32Array(elementCount(input.type.shape))
      : new Uint8Array(elementCount(input.type.shape));
  planes(pixels, meaning.channels).forEach((plane, c) => {
    const { width: w, height: h } = pixels;
    const resized = resizePlane({ width: w, height: h, data: plane }, width, height, options.fit ?? 'crop');
    const scale = 1 / (255 * (meaning.std[c] ?? 1));
    const shift = (meaning.mean[c] ?? 0) / (meaning.std[c] ?? 1);
    const at = c * height * width;
    for (let i = 0; i < height * width; i++) {
      const pixel = resized.data[i] ?? 0;
      data[at + i] = input.type.dtype === 'f32' ? pixel * scale - shift : Math.round(pixel);
    }
  });
  return { dtype: input.type.dtype, shape: input.type.shape, data };
}

function meaningOf(
  input: Pick<GraphInput, 'name' | 'meaning'>,
  options: ImageOptions,
  channels: number,
): ImageMeaning {
  const meaning =
    options.meaning ?? (input.meaning?.kind === 'image' ? input.meaning : plainMeaning(channels));
  const expected = meaning.channels === 'gray' ? 1 : 3;
  if (expected !== channels || meaning.mean.length !== channels || meaning.std.length !== channels) {
    throw new SpikeletError(
      'invalid-input',
      `${channels} channels do not go with the meaning ${meaning.channels}, ${meaning.mean.length} means and ` +
        `${meaning.std.length} standard deviations`,
      { where: `input '${input.name}'` },
    );
  }
  return meaning;
}
