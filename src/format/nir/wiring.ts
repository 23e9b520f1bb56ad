import { shorten } from '../json.js';
import type { Edge } from './file.js';

/** Neighbours of every node, in the order of the edges. */
export interface Wiring {
  readonly sources: ReadonlyMap<string, readonly string[]>;
  readonly targets: ReadonlyMap<string, readonly string[]>;
}

export function wire(names: Iterable<string>, edges: readonly Edge[]): Wiring {
  const list = [...names];
  const sources = new Map<string, string[]>(list.map((name) => [name, []]));
  const targets = new Map<string, string[]>(list.map((name) => [name, []]));
  for (const [from, to] of edges) {
    sources.get(to)?.push(from);
    targets.get(from)?.push(to);
  }
  return { sources, targets };
}

interface Visit {
  readonly name: string;
  readonly targets: readonly string[];
  next: number;
}

/**
 * Groups of nodes that reach each other, in an order in which every edge between groups leads forwards (Tarjan's
 * algorithm, without recursion: chains may be long).
 */
export function connectedGroups({ targets }: Wiring): readonly (readonly string[])[] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const isOpen = new Set<string>();
  const groups: string[][] = [];
  const enter = (name: string): Visit => {
    low.set(name, index.size);
    index.set(name, index.size);
    open.push(name);
    isOpen.add(name);
    return { name, targets: targets.get(name) ?? [], next: 0 };
  };
  const lower = (name: string, to: number): void => {
    low.set(name, Math.min(low.get(name) ?? 0, to));
  };
  const leave = (name: string): void => {
    if (low.get(name) !== index.get(name)) return;
    const group = open.splice(open.lastIndexOf(name));
    for (const member of group) isOpen.delete(member);
    groups.push(group);
  };
  // From the last to the first, so that what is independent keeps its order.
  for (const start of [...targets.keys()].reverse()) {
    const path = index.has(start) ? [] : [enter(start)];
    for (let visit = path.at(-1); visit; visit = path.at(-1)) {
      const target = visit.targets[visit.next++];
      if (target === undefined) {
        path.pop();
        leave(visit.name);
        const parent = path.at(-1);
        if (parent) lower(parent.name, low.get(visit.name) ?? 0);
      } else if (!index.has(target)) {
        path.push(enter(target));
      } else if (isOpen.has(target)) {
        lower(visit.name, index.get(target) ?? 0);
      }
    }
  }
  return groups.reverse();
}

/** Whether a group of nodes that reach each other is a cycle. */
export const isCycle = (group: readonly string[], { targets }: Wiring): boolean =>
  group.length > 1 || group.some((name) => targets.get(name)?.includes(name));

const mostShown = 12;

/** One way round within a group, as `a -> b -> a`. */
export function cycleText(group: readonly string[], { targets }: Wiring): string {
  const inside = new Set(group);
  const at = new Map<string, number>();
  const path: string[] = [];
  let name = group[0] ?? '';
  while (!at.has(name)) {
    at.set(name, path.length);
    path.push(name);
    name = targets.get(name)?.find((target) => inside.has(target)) ?? name;
  }
  const cycle = path.slice(at.get(name));
  const shown = cycle.slice(0, mostShown).map(shorten);
  if (cycle.length > mostShown) shown.push(`(${cycle.length - mostShown} more)`);
  return [...shown, shorten(cycle[0] ?? '')].join(' -> ');
}

/** Every node from which one of `ends` can be reached. */
export function leadingTo(ends: readonly string[], { sources }: Wiring): ReadonlySet<string> {
  const reached = new Set<string>(ends);
  for (const name of reached) for (const source of sources.get(name) ?? []) reached.add(source);
  return reached;
}
