/** The part of jsfive that is used: the package comes without types. Errors are thrown as strings. */
declare module 'jsfive' {
  export class Group {
    readonly keys: readonly string[];
    readonly attrs: Readonly<Record<string, unknown>>;
    get(name: string): Group | Dataset | null;
  }
  export class Dataset {
    readonly shape: readonly number[];
    /** As NumPy writes it (`<i2`), or a list for types without numbers. */
    readonly dtype: string | readonly unknown[];
    readonly attrs: Readonly<Record<string, unknown>>;
    readonly value: ArrayLike<unknown>;
    /** The library keeps the shape of chunks to itself; null where the data lies in one piece. */
    readonly _dataobjects: { readonly chunks: readonly number[] | null };
  }
  export class File extends Group {
    constructor(bytes: ArrayBuffer, name?: string);
  }
  type Filter = (data: ArrayBuffer, itemSize: number) => ArrayBuffer;
  /** Decoders by the numbers that HDF5 gives them: the place where the library takes other ones. */
  export const Filters: Map<number, Filter>;
}
