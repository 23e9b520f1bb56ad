import type { ClassesMeaning, ImageMeaning, Meaning } from '../graph.js';
import { formatShape, type TensorType } from '../tensor.js';
import { reject } from './values.js';

const channelCount: Readonly<Record<ImageMeaning['channels'], number>> = { rgb: 3, bgr: 3, gray: 1 };

function checkImage(where: string, meaning: ImageMeaning, { shape }: TensorType): void {
  const { channels, mean, std } = meaning;
  if (!Object.hasOwn(channelCount, channels)) reject(where, `unknown image channels '${channels as string}'`);
  const count = channelCount[channels];
  if (shape.length !== 4 || shape[1] !== count) {
    reject(where, `an image of ${channels} must be [N, ${count}, H, W], got ${formatShape(shape)}`);
  }
  if (mean.length !== count || std.length !== count) {
    reject(where, `an image of ${channels} needs ${count} means and standard deviations`);
  }
  if (!mean.every(Number.isFinite) || !std.every((s) => Number.isFinite(s) && s > 0)) {
    reject(where, 'means must be finite and standard deviations positive');
  }
}

/** Labels stand for the indices along dimension 1 of [N, classes, ...], or along the only dimension. */
function checkClasses(where: string, { labels }: ClassesMeaning, { shape }: TensorType): void {
  const classes = shape[1] ?? shape[0] ?? 1;
  if (labels.length !== classes) {
    reject(where, `has ${labels.length} labels for ${classes} classes of ${formatShape(shape)}`);
  }
}

export function checkMeaning(where: string, meaning: Meaning, type: TensorType): void {
  switch (meaning.kind) {
    case 'image':
      checkImage(where, meaning, type);
      break;
    case 'classes':
      checkClasses(where, meaning, type);
      break;
  }
}
