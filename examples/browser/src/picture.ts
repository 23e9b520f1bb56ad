import type { Model, Tensor } from 'spikelet';
import { imageToTensor, type Pixels } from 'spikelet/data';

/** Larger pictures are shrunk by the browser first; the model sees far fewer pixels. */
const longestSide = 1024;

/** Decodes a picture. Rejects for a file that is none. */
export async function decodePicture(file: Blob): Promise<Pixels> {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error('This file is not a picture that the browser can read.');
  });
  const scale = Math.min(1, longestSide / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('This browser cannot draw pictures.');
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return { width, height, channels: 4, data: context.getImageData(0, 0, width, height).data };
}

/** The picture as the model's input. */
export function modelInput(pixels: Pixels, model: Model): { readonly name: string; readonly tensor: Tensor } {
  const [input] = model.inputs;
  if (!input) throw new Error('The model has no input.');
  const { name, dtype, shape, meaning } = input;
  const tensor = imageToTensor(pixels, { name, type: { dtype, shape }, ...(meaning && { meaning }) });
  return { name, tensor };
}

/** Draws what the model sees: the middle of the picture at the size of the model's input. */
export function drawPreview(canvas: HTMLCanvasElement, { width, height, data }: Pixels, side: number): void {
  const whole = new OffscreenCanvas(width, height);
  whole.getContext('2d')?.putImageData(new ImageData(new Uint8ClampedArray(data), width, height), 0, 0);
  const shorter = Math.min(width, height);
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.imageSmoothingQuality = 'high';
  context.drawImage(whole, (width - shorter) / 2, (height - shorter) / 2, shorter, shorter, 0, 0, side, side);
}
