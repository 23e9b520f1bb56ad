/** A span of steps, both ends included. */
export interface Lifetime {
  readonly first: number;
  readonly last: number;
}

/** Index of the first of sorted numbers that is above a value. */
function firstAbove(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** A set of addresses as the fewest ranges, in order. */
class Ranges {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  add(start: number, end: number): void {
    const from = firstAbove(this.#ends, start - 1);
    const to = firstAbove(this.#starts, end);
    const joined = to > from;
    this.#starts.splice(from, to - from, joined ? Math.min(start, this.#starts[from] ?? start) : start);
    this.#ends.splice(from, to - from, joined ? Math.max(end, this.#ends[to - 1] ?? end) : end);
  }

  /** Lowest address from `address` on that is followed by `bytes` free ones. */
  lowestGap(address: number, bytes: number): number {
    let gap = address;
    let i = firstAbove(this.#ends, address);
    for (; (this.#starts[i] ?? Infinity) < gap + bytes; i++) gap = this.#ends[i] ?? gap;
    return gap;
  }
}

/** Addresses taken at a node of the tree of steps: by what lives throughout its steps, and by what lives in any of them. */
interface Taken {
  readonly throughout: Ranges;
  readonly sometime: Ranges;
}

/**
 * Which addresses are taken during which steps: a binary tree over the steps, so that a span of them is a few of its
 * nodes and no question looks at every block that lives meanwhile.
 */
export class Occupancy {
  readonly #leaves: number;
  readonly #firstStep: number;
  /** By the node's number: 1 is all steps, 2n and 2n+1 are the halves of n. */
  readonly #taken = new Map<number, Taken>();

  constructor({ first, last }: Lifetime) {
    this.#firstStep = first;
    this.#leaves = 2 ** Math.ceil(Math.log2(Math.max(1, last - first + 1)));
  }

  add(span: Lifetime, start: number, end: number): void {
    const nodes = this.#nodesOf(span);
    for (const node of nodes) this.#at(node).throughout.add(start, end);
    for (const node of new Set([...nodes, ...ancestorsOf(nodes)])) this.#at(node).sometime.add(start, end);
  }

  /** Lowest address from `base` on with `bytes` addresses that nothing takes during the span. */
  lowestGap(span: Lifetime, bytes: number, base: number): number {
    const nodes = this.#nodesOf(span);
    const within = nodes.map((node) => this.#taken.get(node)?.sometime);
    const around = [...ancestorsOf(nodes)].map((node) => this.#taken.get(node)?.throughout);
    const taken = [...within, ...around].filter((ranges) => ranges !== undefined);
    let address = base;
    for (let before = -1; before !== address; ) {
      before = address;
      for (const ranges of taken) address = ranges.lowestGap(address, bytes);
    }
    return address;
  }

  /** The fewest nodes whose steps together are the span. */
  #nodesOf({ first, last }: Lifetime): readonly number[] {
    const nodes: number[] = [];
    let low = first - this.#firstStep + this.#leaves;
    let high = last - this.#firstStep + this.#leaves;
    for (; low <= high; low >>= 1, high >>= 1) {
      if (low % 2 === 1) nodes.push(low++);
      if (high % 2 === 0) nodes.push(high--);
    }
    return nodes;
  }

  #at(node: number): Taken {
    const known = this.#taken.get(node);
    if (known) return known;
    const taken = { throughout: new Ranges(), sometime: new Ranges() };
    this.#taken.set(node, taken);
    return taken;
  }
}

function ancestorsOf(nodes: readonly number[]): ReadonlySet<number> {
  const ancestors = new Set<number>();
  for (const node of nodes) {
    for (let above = node >> 1; above > 0 && !ancestors.has(above); above >>= 1) ancestors.add(above);
  }
  return ancestors;
}
