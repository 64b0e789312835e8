/**
 * What a plan costs, found without running it: floating-point operations, bytes moved and peak memory.
 *
 * `flops` counts the graph as written, op by op (multiply and add are two); `kernelFlops` counts the program's kernels,
 * with what a checkpoint computes twice and without what simplification removed. Bytes are those of the elements that
 * each kernel touches, so a value that fusion keeps in registers costs none. Cache effects are not modelled.
 */

import type { Node } from "../graph/node.ts";
import type { ExpandedOp } from "../graph/op.ts";
import type { ConvGeometry, PoolGeometry } from "../program/geometry.ts";
import { allReads, type Kernel, type ReduceKernel } from "../program/kernels.ts";
import type { Operand } from "../program/operand.ts";
import type { Buffer, Program } from "../program/program.ts";
import { flopsOf, type ScalarExpression } from "../program/scalar.ts";
import { session } from "../session.ts";
import { byteSize } from "../tensor/dtype.ts";
import { sizeOf } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { isLeaf } from "./graph.ts";
import type { PlanStages } from "./plan.ts";

/** The share of one module path, its children not included. */
export interface ModuleCost {
  readonly flops: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly kernels: number;
}

export interface Cost {
  /** Floating-point operations of the graph as written. */
  readonly flops: number;
  /** Floating-point operations of the kernels that will run. */
  readonly kernelFlops: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Bytes of the arena: all intermediate values at the moment when most are alive. */
  readonly peakBytes: number;
  /** Bytes of the variables that the program reads or writes. */
  readonly variableBytes: number;
  readonly kernels: number;
  /** By module path; "" is what no module made. */
  readonly modules: ReadonlyMap<string, ModuleCost>;
  toString(): string;
}

/** The cost of a plan, from all its stages. */
export function costOf(stages: Pick<PlanStages, "collected" | "program">): Cost {
  const { collected, program } = stages;
  const modules = new Map<string, { -readonly [K in keyof ModuleCost]: number }>();
  const module = (path: string) => {
    const entry = modules.get(path) ?? { flops: 0, bytesRead: 0, bytesWritten: 0, kernels: 0 };
    modules.set(path, entry);
    return entry;
  };
  let flops = 0;
  for (const node of collected.nodes) {
    const count = nodeFlops(node);
    flops += count;
    if (count > 0) module(node.scope).flops += count;
  }
  let kernelCount = 0;
  let bytesRead = 0;
  let bytesWritten = 0;
  for (const kernel of program.kernels) {
    const read = bytesReadBy(program, kernel);
    const written = kernel.writes.reduce((sum, w) => sum + touchedBytes(program, w), 0);
    const entry = module(mainScope(kernel));
    entry.bytesRead += read;
    entry.bytesWritten += written;
    entry.kernels++;
    bytesRead += read;
    bytesWritten += written;
    kernelCount += kernelFlops(kernel);
  }
  const variableBytes = program.variables.reduce((sum, v) => sum + sizeOf(v.shape) * byteSize(v.dtype), 0);
  const cost = {
    flops,
    kernelFlops: kernelCount,
    bytesRead,
    bytesWritten,
    peakBytes: program.arena,
    variableBytes,
    kernels: program.kernels.length,
    modules,
  };
  const text = () => formatCost(cost);
  return printedAs({ ...cost, toString: text }, text);
}

/** The object itself, which Node's console prints as `text()`. */
export function printedAs<T extends object>(object: T, text: () => string): T {
  return Object.defineProperty(object, Symbol.for("nodejs.util.inspect.custom"), { value: text, enumerable: false });
}

/** Operations of one node: what its op says, else those of its expansion, else one per output element; views cost none. */
export function nodeFlops(node: Node): number {
  const { op } = node;
  if (op.flops !== undefined) return op.flops({ inputs: node.inputs, attributes: node.attributes });
  if ("leaf" in op || "view" in op) return 0;
  if ("expand" in op) return expansionFlops(node, op);
  return node.outputs.reduce((sum, spec) => sum + sizeOf(spec.shape), 0);
}

function expansionFlops(node: Node, op: ExpandedOp<Record<string, unknown>>): number {
  const outer = session.origin;
  session.origin = node;
  try {
    const result = op.expand(node.inputs, node.attributes);
    const given = new Set(node.inputs);
    const seen = new Set<Node>();
    const stack = result instanceof Tensor ? [result] : [...result];
    let flops = 0;
    for (let t = stack.pop(); t !== undefined; t = stack.pop()) {
      if (given.has(t) || isLeaf(t) || seen.has(t.node)) continue;
      seen.add(t.node);
      flops += nodeFlops(t.node);
      stack.push(...t.node.inputs);
    }
    return flops;
  } finally {
    session.origin = outer;
  }
}

/** Operations of one kernel, from its attributes. Taps that fall on padding are counted, as is usual. */
export function kernelFlops(kernel: Kernel): number {
  const written = kernel.writes.reduce((sum, w) => sum + sizeOf(w.shape), 0);
  switch (kernel.kind) {
    case "map":
      return flopsOf(kernel.expression) * sizeOf(kernel.shape);
    case "reduce":
      return reduceFlops(kernel);
    case "scan":
      return written;
    case "sort": {
      const extent = kernel.reads[0]?.shape[kernel.axis] ?? 1;
      return sizeOf(kernel.reads[0]?.shape ?? []) * Math.ceil(Math.log2(Math.max(extent, 1)));
    }
    case "contract":
      return 2 * sizeOf(kernel.batch) * kernel.m * kernel.n * kernel.k + epilogueFlops(kernel.epilogue, written);
    case "conv":
      return convFlops(kernel.geometry) + epilogueFlops(kernel.epilogue, written);
    case "pool":
      return poolFlops(kernel.geometry, kernel.mode);
    case "scatter":
      return sizeOf(kernel.shape);
    default:
      return 0;
  }
}

function epilogueFlops(epilogue: ScalarExpression | undefined, elements: number): number {
  return epilogue === undefined ? 0 : flopsOf(epilogue) * elements;
}

function reduceFlops(kernel: ReduceKernel): number {
  // Moments take a difference, a square and two sums an element.
  const perElement = kernel.accumulators.reduce(
    (sum, a) => sum + (a.kind === "moments" ? 4 : 1),
    flopsOf(kernel.prologue),
  );
  const kept = kernel.shape.reduce((size, n, axis) => (kernel.axes.includes(axis) ? size : size * n), 1);
  return perElement * sizeOf(kernel.shape) + flopsOf(kernel.epilogue) * kept;
}

function convFlops({ batch, groups, channels, filters, axes: [h, w] }: ConvGeometry): number {
  return 2 * batch * groups * filters * channels * h.output * w.output * h.kernel * w.kernel;
}

function poolFlops({ batch, channels, axes: [h, w] }: PoolGeometry, mode: string): number {
  const windows = batch * channels * h.output * w.output;
  return mode === "max" || mode === "average" || mode === "averageGradient" ? windows * h.kernel * w.kernel : windows;
}

/** A gather touches no more of its source than it hands out. */
function bytesReadBy(program: Program, kernel: Kernel): number {
  const bytes = allReads(kernel).map((r) => touchedBytes(program, r));
  if (kernel.kind === "gather")
    bytes[0] = Math.min(bytes[0] as number, touchedBytes(program, kernel.writes[0] as Operand));
  return bytes.reduce((a, b) => a + b, 0);
}

/** Bytes of the distinct elements that an operand reaches: a stretched axis counts once. */
function touchedBytes(program: Program, operand: Operand): number {
  const elements = operand.shape.reduce((size, n, axis) => (operand.strides[axis] === 0 && n > 0 ? size : size * n), 1);
  return elements * byteSize((program.buffers[operand.buffer] as Buffer).dtype);
}

/** The module of the op that a kernel is mainly there for: the one that epilogues follow, or that prologues lead to. */
function mainScope(kernel: Kernel): string {
  const origins = kernel.origins ?? [];
  return (kernel.kind === "map" || kernel.kind === "reduce" ? origins.at(-1) : origins[0])?.scope ?? "";
}

function scaled(value: number, units: readonly string[], base: number): string {
  let at = 0;
  let rest = value;
  while (rest >= base && at < units.length - 1) {
    rest /= base;
    at++;
  }
  return `${at === 0 ? rest : rest.toPrecision(3)} ${units[at]}`;
}

const flopText = (n: number): string => scaled(n, ["FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP"], 1000);
/** `1.50 GiB` */
export const byteText = (n: number): string => scaled(n, ["B", "KiB", "MiB", "GiB"], 1024);

function formatCost(cost: Omit<Cost, "toString">): string {
  const rows = [["module", "FLOP", "read", "written", "kernels"]];
  for (const [path, m] of cost.modules) {
    rows.push([
      path === "" ? "(no module)" : path,
      flopText(m.flops),
      byteText(m.bytesRead),
      byteText(m.bytesWritten),
      `${m.kernels}`,
    ]);
  }
  const widths = (rows[0] as string[]).map((_, c) => Math.max(...rows.map((row) => (row[c] as string).length)));
  const table = rows.map((row) =>
    row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c] as number) : cell.padStart(widths[c] as number))).join("  "),
  );
  return [
    "cost",
    `  as written  ${flopText(cost.flops)}`,
    `  program     ${flopText(cost.kernelFlops)} in ${cost.kernels} kernels`,
    `  memory      ${byteText(cost.bytesRead)} read, ${byteText(cost.bytesWritten)} written`,
    `  peak        ${byteText(cost.peakBytes)} of intermediates, ${byteText(cost.variableBytes)} of variables`,
    ...table.map((line) => `  ${line}`),
  ].join("\n");
}
