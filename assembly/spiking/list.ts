import { count } from './neurons';

@unmanaged
export class ListParameters {
  input: usize; // staged elements
  entries: usize; // room for the address of every word or byte
  bounds: usize; // for each pixel, where its entries begin and end
  counter: usize; // i32 to which the number of entries is added
  spikes: usize; // i32: spikes of the layer that the elements come from, or 0
  mostSpikes: i32; // more of them make more than `mostEntries` for sure
  mostEntries: i32;
  pixels: i32; // pixels of a unit, whose entries lie side by side
  pixelStride: i32; // bytes between pixels
  pixelBytes: i32; // bytes of a pixel that are looked at
}

/** Writes the addresses of four words, those that are not zero in front; gives the end of these. */
@inline
function listWords(at: usize, end: usize, entry: usize): usize {
  for (; at + 16 <= end; at += 16) {
    if (!v128.any_true(v128.load(at))) continue;
    store<u32>(entry, at);
    entry += <usize>i32(load<u32>(at) != 0) << 2;
    store<u32>(entry, at + 4);
    entry += <usize>i32(load<u32>(at, 4) != 0) << 2;
    store<u32>(entry, at + 8);
    entry += <usize>i32(load<u32>(at, 8) != 0) << 2;
    store<u32>(entry, at + 12);
    entry += <usize>i32(load<u32>(at, 12) != 0) << 2;
  }
  for (; at < end; at += 4) {
    store<u32>(entry, at);
    entry += <usize>i32(load<u32>(at) != 0) << 2;
  }
  return entry;
}

@inline
function listBytes(at: usize, end: usize, entry: usize): usize {
  for (; at < end; at += 16) {
    const elements = v128.load(at);
    if (!v128.any_true(elements)) continue;
    let mask = ~i8x16.bitmask(i8x16.eq(elements, i8x16.splat(0))) & 0xffff;
    if (end - at < 16) mask &= (1 << <i32>(end - at)) - 1;
    for (; mask; mask &= mask - 1, entry += 4) store<u32>(entry, at + ctz(mask));
  }
  return entry;
}

@inline
function list(p: ListParameters, begin: i32, end: i32, bytes: bool): void {
  if (p.spikes && load<i32>(p.spikes) > p.mostSpikes) {
    if (begin == 0) count(p.counter, p.mostEntries + 1);
    return;
  }
  const room = <usize>(p.pixels * p.pixelBytes) * (bytes ? 4 : 1);
  for (let unit = begin; unit < end; unit++) {
    const first = p.entries + <usize>unit * room;
    let entry = first;
    for (let pixel = unit * p.pixels; pixel < (unit + 1) * p.pixels; pixel++) {
      const at = p.input + <usize>(pixel * p.pixelStride), bounds = p.bounds + (<usize>pixel << 3);
      store<u32>(bounds, entry);
      const stop = at + p.pixelBytes;
      entry = bytes ? listBytes(at, stop, entry) : listWords(at, stop, entry);
      store<u32>(bounds, entry, 4);
    }
    count(p.counter, <i32>((entry - first) >> 2));
  }
}

/**
 * Lists the words of four bytes that are not zero. A unit is a row of pixels. Where there are too many spikes, the
 * counter is brought above `mostEntries` instead.
 *
 *     entries[unit] = addresses, ascending, of the words of its pixels that are not 0
 *     counter += how many they are
 */
export function u8_list_words(parameters: usize, begin: i32, end: i32): void {
  list(changetype<ListParameters>(parameters), begin, end, false);
}

/** The same for bytes. */
export function u8_list_bytes(parameters: usize, begin: i32, end: i32): void {
  list(changetype<ListParameters>(parameters), begin, end, true);
}
