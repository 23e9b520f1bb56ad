/** One 4-byte field of a kernel's parameter block, in the order of the AssemblyScript class. */
export interface KernelField {
  readonly name: string;
  readonly type: 'pointer' | 'i32' | 'f32';
}

/** Output tile of a dense kernel: pixels (rows) by channels (columns), and the step in the inner dimension. */
export interface KernelTile {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
}

/** What the compiler, the tests and the documentation know about one kernel. */
export interface KernelRow {
  /** Name of the WebAssembly export: `<type>_<operation>[_<tile>]`. */
  readonly name: string;
  readonly fields: readonly KernelField[];
  readonly tile?: KernelTile;
}

/**
 * Fields from a compact listing, one word a field: `input:p` a pointer, `scale:f` an f32, a bare name an i32.
 *
 * @example fields('input:p output:p count scale:f')
 */
export function fields(listing: string): readonly KernelField[] {
  return listing
    .trim()
    .split(/\s+/)
    .map((word) => {
      const [name = '', type = ''] = word.split(':');
      return { name, type: type === 'p' ? 'pointer' : type === 'f' ? 'f32' : 'i32' };
    });
}
