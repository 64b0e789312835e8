/** Numbers and tables as text. */

/** `78,400` */
export function countText(n: number): string {
  return `${n}`.replace(/\B(?=(\d{3})+$)/g, ",");
}

function scaled(value: number, units: readonly string[], base: number): string {
  let at = 0;
  let rest = value;
  while (rest >= base && at < units.length - 1) {
    rest /= base;
    at++;
  }
  return `${at === 0 ? Math.round(rest) : rest.toPrecision(3)}${units[at]}`;
}

/** `1.23 M` */
export function flopsText(n: number): string {
  return scaled(n, ["", " k", " M", " G", " T"], 1000);
}

/** `12.3 KiB` */
export function bytesText(n: number): string {
  return scaled(n, [" B", " KiB", " MiB", " GiB"], 1024);
}

/** Aligned columns, the first three to the left, the others to the right; a line before the last row. */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  last: readonly string[],
): string {
  const all = [head, ...rows, last];
  const widths = head.map((_, c) => Math.max(...all.map((row) => [...(row[c] as string)].length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, c) => (c < 3 ? cell.padEnd(widths[c] as number) : cell.padStart(widths[c] as number)))
      .join("  ")
      .trimEnd();
  const rule = "─".repeat(widths.reduce((a, b) => a + b + 2, -2));
  return [line(head), rule, ...rows.map(line), rule, line(last)].join("\n");
}
