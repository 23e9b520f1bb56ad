/** Elements of the output in one work unit of an elementwise kernel. */
@inline
export const SPAN: i32 = 1024;

/** Where the elements of the work units before `end` end. */
@inline
export function spanEnd(end: i32, elements: i32): i32 {
  return min(end * SPAN, elements);
}
