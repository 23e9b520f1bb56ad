import { real as realSums } from '../dense/finish_real';
import { patch } from '../dense/parameters';
import { highSum, highWeights, lowSum, lowWeights, mac, stepBytes } from '../dense/weights';
import { FiringConvolutionParameters, finishFiringPixel } from './firing';

// Event-driven convolutions go through the entries of a list instead of all elements of a patch. An entry is the address
// of a word of four staged bytes: the step that the dense kernels multiply at once, with the same packed weights. The
// sums of integers are exact, whatever is left out; those of f32 are added in the order of addresses, which is the dense
// one. Four blocks of channels go through a list together.

/** Fields of convolutions that go through lists where these are short. */
@unmanaged
export class EventParameters extends FiringConvolutionParameters {
  bounds: usize; // for each staged pixel, where its entries begin and end; 0: there is no list
  patchPixels: usize; // i32[pixels]: staged pixel at which each patch starts
  segmentPixels: usize; // i32[segments]: pixels from there to each segment
  segmentSpan: i32; // staged pixels of a segment
  entries: usize; // i32: their number
  mostEntries: i32; // more than these are computed densely
}

/** Whether a call is to go through its list. */
@inline
export function isListed(bounds: usize, entries: usize, mostEntries: i32): bool {
  return bounds != 0 && load<i32>(entries) <= mostEntries;
}

@inline
function finish(p: EventParameters, pixel: i32, channel: i32, low: v128, high: v128, bits: i32): void {
  if (channel >= p.outChannels) return;
  const at = <usize>channel << 2;
  finishFiringPixel(
    p, pixel, channel,
    realSums(lowSum(low, high, bits), v128.load(p.bias + at), v128.load(p.multiplier + at)),
    realSums(highSum(high, bits), v128.load(p.bias + at, 16), v128.load(p.multiplier + at, 16)),
  );
}

/** One pixel, 8 channels from `channel`, or 32 if `wide`. What is known at compile time: `wide` and `bits`. */
@inline
export function eventPixel(
  p: EventParameters, pixel: i32, channel: i32, weights: usize, blockBytes: usize, wide: bool, bits: i32,
): void {
  const factor = <usize>(stepBytes<i32>(bits) >> 2);
  const start = patch(p, pixel);
  const bounds = p.bounds + (<usize>load<u32>(p.patchPixels + (<usize>pixel << 2)) << 3);
  const last = <usize>(p.segmentSpan - 1) << 3;
  let low = i32x4.splat(0), high = low, low1 = low, high1 = low, low2 = low, high2 = low, low3 = low, high3 = low;
  for (let s: usize = 0, end = <usize>p.segments << 2; s < end; s += 4) {
    const at = bounds + (<usize>load<u32>(p.segmentPixels + s) << 3);
    const stop = load<u32>(at + last, 4);
    const base = weights - (start + load<u32>(p.segmentOffsets + s)) * factor;
    for (let entry: usize = load<u32>(at); entry < stop; entry += 4) {
      const word: usize = load<u32>(entry);
      const x = v128.load_splat<i32>(word);
      let w = base + word * factor;
      let wl = lowWeights<i32>(w, w, 0, bits), wh = highWeights<i32>(w, wl, 0, bits);
      low = mac<i32>(wl, x, low);
      high = mac<i32>(wh, x, high);
      if (wide) {
        w += blockBytes;
        wl = lowWeights<i32>(w, w, 0, bits), wh = highWeights<i32>(w, wl, 0, bits);
        low1 = mac<i32>(wl, x, low1);
        high1 = mac<i32>(wh, x, high1);
        w += blockBytes;
        wl = lowWeights<i32>(w, w, 0, bits), wh = highWeights<i32>(w, wl, 0, bits);
        low2 = mac<i32>(wl, x, low2);
        high2 = mac<i32>(wh, x, high2);
        w += blockBytes;
        wl = lowWeights<i32>(w, w, 0, bits), wh = highWeights<i32>(w, wl, 0, bits);
        low3 = mac<i32>(wl, x, low3);
        high3 = mac<i32>(wh, x, high3);
      }
    }
    weights += <usize>(p.run * bits);
  }
  finish(p, pixel, channel, low, high, bits);
  if (!wide) return;
  finish(p, pixel, channel + 8, low1, high1, bits);
  finish(p, pixel, channel + 16, low2, high2, bits);
  finish(p, pixel, channel + 24, low3, high3, bits);
}
