/** Events of a sensor in the order of time, a column of numbers for each of their fields. */
export interface EventRecording {
  readonly width: number;
  readonly height: number;
  /** Column and row, from 0. */
  readonly x: Uint16Array;
  readonly y: Uint16Array;
  /** 1 where it became brighter, 0 where darker. */
  readonly polarity: Uint8Array;
  /** Microseconds. */
  readonly time: Float64Array;
}
