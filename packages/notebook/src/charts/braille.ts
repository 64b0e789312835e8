/**
 * Line charts as text: a braille character is 2 × 4 dots, so 60 columns are 120 points across. Axis labels stand at the
 * left and below; several series are told apart in the legend by their last values.
 */

import { formatMetric } from "../units.ts";

export interface TextSeries {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface TextPlotOptions {
  readonly columns: number;
  readonly rows?: number | undefined;
  readonly x?: string | undefined;
  readonly y?: string | undefined;
  readonly logY?: boolean | undefined;
}

/** Bits of the dots of a braille character, by column and row. */
const DOTS = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;

/** The series as lines of text, at most `columns` wide; points that are not finite are left out. */
export function brailleLines(series: readonly TextSeries[], options: TextPlotOptions): string[] {
  const { rows = 12, x, y, logY = false } = options;
  const scaled = (v: number): number => (logY ? Math.log10(v) : v);
  const finite = series.map(({ name, points }) => ({
    name,
    points: points.filter((p) => Number.isFinite(p[0]) && Number.isFinite(scaled(p[1]))),
  }));
  const all = finite.flatMap(({ points }) => points);
  if (all.length === 0) return ["(nothing to draw)"];
  const [left, right] = extent(all.map((p) => p[0]));
  const [low, high] = extent(all.map((p) => scaled(p[1])));
  const labels = [formatMetric(unscaled(high, logY)), formatMetric(unscaled(low, logY))];
  const margin = Math.max(...labels.map((label) => label.length)) + 2;
  const width = Math.max(10, Math.min(80, options.columns - margin));
  const cells = new Uint8Array(width * rows);
  for (const { points } of finite) {
    const dots = points.map(([px, py]): [number, number] => [
      Math.round(((px - left) / (right - left || 1)) * (2 * width - 1)),
      Math.round((1 - (scaled(py) - low) / (high - low || 1)) * (4 * rows - 1)),
    ]);
    for (const [i, dot] of dots.entries()) drawSegment(cells, width, dots[i - 1] ?? dot, dot);
  }
  const lines = Array.from({ length: rows }, (_, row) => {
    const label = row === 0 ? labels[0] : row === rows - 1 ? labels[1] : "";
    const text = Array.from(cells.subarray(row * width, (row + 1) * width), (bits) =>
      String.fromCharCode(0x2800 + bits),
    );
    return `${(label as string).padStart(margin - 2)} │${text.join("")}`;
  });
  const [from, to] = [formatMetric(left), formatMetric(right)];
  const axis = `${from}${" ".repeat(Math.max(1, width - from.length - to.length))}${to}`;
  const names = finite.flatMap(({ name, points }) => {
    const last = points.at(-1);
    return name === "" || last === undefined ? [] : [`${name} ${formatMetric(last[1])}`];
  });
  const below = [
    x === undefined ? "" : `across: ${x}`,
    y === undefined ? "" : `up: ${y}${logY ? " (log)" : ""}`,
    ...names,
  ];
  return [
    ...lines,
    `${" ".repeat(margin - 1)}└${"─".repeat(width)}`,
    `${" ".repeat(margin)}${axis}`,
    ...(below.some((part) => part !== "") ? [`${" ".repeat(margin)}${below.filter(Boolean).join("; ")}`] : []),
  ];
}

function unscaled(v: number, log: boolean): number {
  return log ? 10 ** v : v;
}

function extent(values: readonly number[]): readonly [number, number] {
  return values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Number.POSITIVE_INFINITY, -Infinity]);
}

/** Sets the dots of a straight segment. */
function drawSegment(
  cells: Uint8Array,
  width: number,
  [x0, y0]: readonly [number, number],
  [x1, y1]: readonly [number, number],
): void {
  const steps = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0), 1);
  for (let i = 0; i <= steps; i++) {
    const x = Math.round(x0 + ((x1 - x0) * i) / steps);
    const y = Math.round(y0 + ((y1 - y0) * i) / steps);
    const cell = Math.floor(y / 4) * width + Math.floor(x / 2);
    cells[cell] = (cells[cell] as number) | ((DOTS[x % 2] as readonly number[])[y % 4] as number);
  }
}
