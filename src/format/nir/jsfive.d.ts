/** What is used of jsfive besides what `data/cube/matlab` declares. */
declare module 'jsfive' {
  interface Dataset {
    /** The library keeps the shape of chunks to itself; null where the data lies in one piece. */
    readonly _dataobjects: { readonly chunks: readonly number[] | null };
  }
  type Filter = (data: ArrayBuffer, itemSize: number) => ArrayBuffer;
  /** Decoders by the numbers that HDF5 gives them: the place where the library takes other ones. */
  export const Filters: Map<number, Filter>;
}
