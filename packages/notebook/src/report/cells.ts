/**
 * Cells of a notebook, an ordinary TypeScript module with marked lines:
 *
 *     // %%  a title, which may be missing      begins a cell of code
 *     // %% [markdown]                          begins a cell of prose, whose lines are comments
 *
 * What stands before the first mark is a cell of code too.
 */

export interface Cell {
  readonly kind: "code" | "markdown";
  readonly title: string;
  /** First and last line of the content in the file, from 1; the mark is not part of it. */
  readonly from: number;
  readonly to: number;
  /** Code as it stands, or Markdown without comment signs; no empty lines at either end. */
  readonly text: string;
}

const MARK = /^\s*\/\/\s*%%\s*(\[markdown\])?\s*(.*)$/i;

/** The cells of a source text that have any content. */
export function parseCells(source: string): Cell[] {
  const lines = source.split(/\r?\n/);
  const cells: Cell[] = [];
  let start = { kind: "code" as Cell["kind"], title: "", line: 0 };
  const close = (end: number): void => {
    let [from, to] = [start.line, end];
    const content = lines.map((line) => (start.kind === "markdown" ? line.replace(/^\s*\/\/ ?/, "") : line));
    while (from < to && (content[from] as string).trim() === "") from++;
    while (to > from && (content[to - 1] as string).trim() === "") to--;
    if (from === to) return;
    const { kind, title } = start;
    cells.push({ kind, title, from: from + 1, to, text: content.slice(from, to).join("\n") });
  };
  lines.forEach((line, i) => {
    const mark = MARK.exec(line);
    if (mark === null) return;
    close(i);
    start = { kind: mark[1] === undefined ? "code" : "markdown", title: (mark[2] as string).trim(), line: i + 1 };
  });
  close(lines.length);
  return cells;
}

/** Number of the cell that holds a line, or the last one that begins before it; −1 before the first. */
export function cellAt(cells: readonly Cell[], line: number): number {
  return cells.findLastIndex(({ from }) => from <= line);
}
