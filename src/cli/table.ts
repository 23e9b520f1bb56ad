/** A column: how it is headed and on which side its cells line up. */
export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** Characters of the longest cell that is shown whole. */
const widestCell = 44;
const gap = '  ';

const shortened = (cell: string): string =>
  cell.length <= widestCell ? cell : `${cell.slice(0, 12)}…${cell.slice(cell.length - widestCell + 13)}`;

/**
 * Rows as lines of aligned text under their titles. Columns without a single entry are left out. `totals` come below
 * a rule.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  totals?: readonly string[],
): string {
  const body = rows.map((row) => row.map(shortened));
  const used = columns.map((_, i) => body.length === 0 || body.some((row) => (row[i] ?? '') !== ''));
  const all = [columns.map(({ title }) => title), ...body, ...(totals ? [totals] : [])];
  const widths = columns.map((_, i) => Math.max(...all.map((row) => (row[i] ?? '').length)));
  const line = (row: readonly string[]): string =>
    columns
      .flatMap(({ align }, i) => {
        if (!used[i]) return [];
        const cell = row[i] ?? '';
        const width = widths[i] ?? 0;
        return align === 'right' ? cell.padStart(width) : cell.padEnd(width);
      })
      .join(gap)
      .trimEnd();
  const rule = widths
    .filter((_, i) => used[i])
    .map((width) => '─'.repeat(width))
    .join(gap);
  const lines = [line(columns.map(({ title }) => title)), rule, ...body.map(line)];
  return [...lines, ...(totals ? [rule, line(totals)] : [])].join('\n');
}

/** Names and values in two columns, for a heading. */
export function facts(entries: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}
