/** One line of a table: what was measured, once for each run. */
export interface Row {
  part: string;
  name: string;
  unit: string;
  values: number[];
  /** The bound it is to keep, where there is one. */
  aim?: string;
}

/** Of an unsorted list that is not empty. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Median, least and greatest of every row, in columns. */
export function render(rows: readonly Row[]): string {
  const cells = rows.map(({ name, unit, values, aim }) => [
    name,
    figure(median(values)),
    `${figure(Math.min(...values))} – ${figure(Math.max(...values))}`,
    unit,
    aim === undefined ? '' : `aim ${aim}`,
  ]);
  const head = ['', 'median', 'least – greatest', 'unit', ''];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]!.length)),
  );
  return [head, ...cells]
    .map((row) =>
      row
        .map((cell, column) =>
          column === 1 || column === 2 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function figure(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}
