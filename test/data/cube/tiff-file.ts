import { deflateSync } from 'node:zlib';
import { type SampleType, sampleBytes } from '../../../src/data/cube/samples.js';
import { concatenated } from '../archives.js';
import { putSample, type TestScene } from './envi-file.js';

export interface TiffForm {
  readonly type: SampleType;
  readonly littleEndian: boolean;
  /** Bands of a pixel together, or a plane for each band. */
  readonly planar: boolean;
  /** Rows of a strip, or sides of a tile in multiples of 16. */
  readonly block: { readonly rows: number } | { readonly tile: number };
  readonly deflated: boolean;
  readonly noData?: number;
}

export const plainTiff: TiffForm = {
  type: 'u16',
  littleEndian: true,
  planar: false,
  block: { rows: 4 },
  deflated: false,
};

const formatCodes: Readonly<Partial<Record<SampleType, number>>> = {
  u8: 1,
  u16: 1,
  u32: 1,
  i8: 2,
  i16: 2,
  i32: 2,
  f32: 3,
  f64: 3,
};

interface Box {
  readonly top: number;
  readonly left: number;
  readonly rows: number;
  readonly columns: number;
  readonly bands: readonly number[];
}

function boxes({ height, width, bands }: TestScene, { planar, block }: TiffForm): readonly Box[] {
  const all = Array.from({ length: bands }, (_, band) => band);
  const rows = 'rows' in block ? block.rows : block.tile;
  const columns = 'rows' in block ? width : block.tile;
  return (planar ? all.map((band) => [band]) : [all]).flatMap((some) => {
    const list: Box[] = [];
    for (let top = 0; top < height; top += rows) {
      for (let left = 0; left < width; left += columns) {
        // Strips end with the image, tiles are always whole.
        const inside = 'rows' in block ? Math.min(rows, height - top) : rows;
        list.push({ top, left, rows: inside, columns, bands: some });
      }
    }
    return list;
  });
}

function fill(scene: TestScene, { type, littleEndian, deflated }: TiffForm, box: Box): Uint8Array {
  const size = sampleBytes[type];
  const bytes = new Uint8Array(box.rows * box.columns * box.bands.length * size);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (let row = box.top; row < box.top + box.rows; row++) {
    for (let column = box.left; column < box.left + box.columns; column++) {
      for (const band of box.bands) {
        const isInside = row < scene.height && column < scene.width;
        putSample(view, at, type, isInside ? scene.value(row, column, band) : 77, littleEndian);
        at += size;
      }
    }
  }
  return deflated ? new Uint8Array(deflateSync(bytes)) : bytes;
}

type Entry = readonly [tag: number, type: 2 | 3 | 4, values: readonly number[]];

/** A TIFF with one image, written by the letter of the format. `entries` replace those of the directory. */
export function tiffOf(
  scene: TestScene,
  form: Partial<TiffForm> = {},
  entries: readonly Entry[] = [],
): Uint8Array {
  const whole = { ...plainTiff, ...form };
  const { type, littleEndian, planar, block, deflated, noData } = whole;
  const blocks = boxes(scene, whole).map((box) => fill(scene, whole, box));
  let end = 8;
  const offsets = blocks.map((bytes) => {
    end += bytes.length;
    return end - bytes.length;
  });
  const sizes = blocks.map((bytes) => bytes.length);
  const each = (value: number): readonly number[] => new Array<number>(scene.bands).fill(value);
  const layout: readonly Entry[] =
    'rows' in block
      ? [
          [273, 4, offsets],
          [278, 4, [block.rows]],
          [279, 4, sizes],
        ]
      : [
          [322, 4, [block.tile]],
          [323, 4, [block.tile]],
          [324, 4, offsets],
          [325, 4, sizes],
        ];
  const own: readonly Entry[] = [
    [256, 4, [scene.width]],
    [257, 4, [scene.height]],
    [258, 3, each(8 * sampleBytes[type])],
    [259, 3, [deflated ? 8 : 1]],
    [262, 3, [1]],
    [277, 3, [scene.bands]],
    [284, 3, [planar ? 2 : 1]],
    [339, 3, each(formatCodes[type] ?? 1)],
    ...layout,
    ...(noData === undefined
      ? []
      : [[42113, 2, [...new TextEncoder().encode(`${noData}\0`)]] as const satisfies Entry]),
  ];
  const directory = [...own.filter(([tag]) => !entries.some(([other]) => other === tag)), ...entries].sort(
    ([a], [b]) => a - b,
  );
  const start = concatenated(...blocks);
  const padded = concatenated(start, new Uint8Array(start.length % 2));
  return concatenated(
    fileStart(8 + padded.length, littleEndian),
    padded,
    directoryBytes(directory, 8 + padded.length, littleEndian),
  );
}

function fileStart(directoryAt: number, little: boolean): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  bytes.fill(little ? 0x49 : 0x4d, 0, 2);
  view.setUint16(2, 42, little);
  view.setUint32(4, directoryAt, little);
  return bytes;
}

function directoryBytes(entries: readonly Entry[], at: number, little: boolean): Uint8Array {
  const sizeOf = { 2: 1, 3: 2, 4: 4 } as const;
  const bytes = new Uint8Array(2 + 12 * entries.length + 4);
  const view = new DataView(bytes.buffer);
  const behind: Uint8Array[] = [];
  let next = at + bytes.length;
  view.setUint16(0, entries.length, little);
  entries.forEach(([tag, type, values], i) => {
    const field = 2 + 12 * i;
    const data = new Uint8Array(Math.max(4, values.length * sizeOf[type]));
    const dataView = new DataView(data.buffer);
    values.forEach((value, k) => {
      if (type === 2) dataView.setUint8(k, value);
      else if (type === 3) dataView.setUint16(2 * k, value, little);
      else dataView.setUint32(4 * k, value, little);
    });
    view.setUint16(field, tag, little);
    view.setUint16(field + 2, type, little);
    view.setUint32(field + 4, values.length, little);
    if (data.length <= 4) bytes.set(data, field + 8);
    else {
      view.setUint32(field + 8, next, little);
      behind.push(data);
      next += data.length;
    }
  });
  return concatenated(bytes, ...behind);
}
