/** Characters of a name that count: names from files may be of any length. */
const longestName = 80;
/** Names that a message lists before it takes the closest only. */
const mostListed = 24;
const fewListed = 8;

/** Edits (insert, delete, replace) that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

const comparable = (name: string): string => name.slice(0, longestName).toLowerCase();

/**
 * The end of a message about an unknown name: the closest known one where it looks like a slip, then all of them or,
 * where they are many, the closest few.
 */
export function knownNames(name: string, known: readonly string[]): string {
  const wanted = comparable(name);
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(wanted, comparable(candidate)) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  const meant =
    best && best.distance <= Math.max(2, wanted.length / 3) ? `; did you mean '${best.candidate}'?` : '';
  if (known.length <= mostListed) return `${meant} (known: ${known.join(', ') || 'none'})`;
  const closest = ranked.slice(0, fewListed).map(({ candidate }) => candidate);
  return `${meant} (the closest of ${known.length}: ${closest.join(', ')})`;
}
