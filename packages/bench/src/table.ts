/**
 * The README's table, from rows that were measured: JSON lines of this benchmark, of `--peers`, and of PyTorch's. Every
 * case that this library has a row for is in it, won or lost, and what a peer cannot run is said.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { workspace } from "./packed.ts";

export interface TableRow {
  readonly peer: string;
  readonly what: string;
  readonly case: string;
  readonly ms?: number;
  readonly ips?: number;
  readonly gflops?: number;
  readonly cannot?: string;
}

const OURS = "prewitt";
const [BEGIN, END] = ["<!-- speed: begin -->", "<!-- speed: end -->"];

export function readRows(files: readonly string[]): TableRow[] {
  return files.flatMap((file) =>
    readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as TableRow),
  );
}

const significant = (n: number): string => (n >= 100 ? Math.round(n).toLocaleString("en") : n.toPrecision(3));

/** What is shown: images a second, GFLOP/s or milliseconds, the same for all peers of a case. */
function cell(row: TableRow | undefined, unit: Unit): string {
  if (row === undefined) return "–";
  if (row.cannot !== undefined) return "cannot";
  const value = row[unit];
  return value === undefined ? "–" : significant(value);
}

type Unit = "ips" | "gflops" | "ms";
const unitNames: Readonly<Record<Unit, string>> = { ips: "a second", gflops: "GFLOP/s", ms: "ms" };

/** The median of rows that were measured several times. */
function pick(rows: readonly TableRow[], peer: string, of: TableRow): TableRow | undefined {
  const fitting = rows.filter((r) => r.peer === peer && r.what === of.what && r.case === of.case);
  const sorted = [...fitting].sort((a, b) => (a.ms ?? 0) - (b.ms ?? 0));
  return sorted[Math.floor(sorted.length / 2)];
}

/** Markdown, one line a case. */
export function speedTable(rows: readonly TableRow[]): string {
  const others = [...new Set(rows.map((r) => r.peer))].filter((peer) => peer !== OURS).sort();
  const ours = rows.filter((r) => r.peer === OURS);
  const cases = ours.filter((r, i) => ours.findIndex((o) => o.what === r.what && o.case === r.case) === i);
  const head = ["work", "unit", OURS, ...others];
  const lines = cases.map((c) => {
    const unit: Unit = c.ips !== undefined ? "ips" : c.gflops !== undefined ? "gflops" : "ms";
    const cells = [OURS, ...others].map((peer) => cell(pick(rows, peer, c), unit));
    return [`${c.what} ${c.case}`, unitNames[unit], ...cells];
  });
  const cannot = rows.filter((r) => r.cannot !== undefined);
  const notes = [...new Set(cannot.map((r) => `${r.peer} cannot: ${r.cannot}`))];
  return [...aligned([head, ...lines]), ...(notes.length > 0 ? ["", ...notes.map((n) => `- ${n}`)] : [])].join("\n");
}

/** Rows as Markdown in columns of even width, as the formatter wants it: two columns of text, the others of numbers. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const [head = [], ...lines] = rows;
  const widths = head.map((_, i) => Math.max(3, ...rows.map((row) => (row[i] as string).length)));
  const isText = (i: number): boolean => i < 2;
  const pad = (text: string, i: number): string =>
    isText(i) ? text.padEnd(widths[i] as number) : text.padStart(widths[i] as number);
  const rule = widths.map((width, i) => (isText(i) ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [head.map(pad), rule, ...lines.map((line) => line.map(pad))].map((cells) => `| ${cells.join(" | ")} |`);
}

/** Writes the table between the marks in the README, or returns false where there are none. */
export function writeTable(table: string): boolean {
  const file = join(workspace, "README.md");
  const text = readFileSync(file, "utf8");
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) return false;
  writeFileSync(file, `${text.slice(0, begin + BEGIN.length)}\n\n${table}\n\n${text.slice(end)}`);
  return true;
}
