// The table of docs/ops.md: which ops there are, what gradient each declares, and what its samples have tested of it.
//
// Names and declarations come from `allOps` and the samples alone; marks need the outcome of the battery's cases.

import type { OpSamples } from "@prewitt/core";
import { allSamples as baseSamples } from "@prewitt/core/samples";
import { allSamples as networkSamples } from "@prewitt/ops/samples";
import { type AnyOp, battery } from "@prewitt/testing";
import { wasmExecutor } from "@prewitt/wasm";
import { allOps, derive } from "prewitt";

export const samples: readonly OpSamples[] = [...baseSamples, ...networkSamples];

/** What an op declares and what its samples reach. */
export interface OpRow {
  readonly name: string;
  /** "own rule", "derived", or "none: reason". */
  readonly gradient: string;
  /** Orders of derivatives that some sample has compared with differences: 0, 1 or 2. */
  readonly orders: 0 | 1 | 2;
}

/** Marks of one op: whether every case of the kind passed; `undefined` where there is none. */
export interface Marks {
  readonly reference: boolean | undefined;
  readonly wasm: boolean | undefined;
  readonly derivatives: boolean | undefined;
}

export function opRows(): OpRow[] {
  return allOps
    .filter((op) => !("leaf" in op))
    .map((op) => ({ name: op.name, gradient: gradientOf(op), orders: ordersOf(op) }))
    .sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
}

function gradientOf(op: AnyOp): string {
  if (!("vjp" in op)) return "none";
  if (typeof op.vjp === "object") return `none: ${op.vjp.reason}`;
  return op.vjp === derive ? "derived" : "own rule";
}

function ordersOf(op: AnyOp): 0 | 1 | 2 {
  if (gradientOf(op).startsWith("none")) return 0;
  const cases = samples.filter((s) => s.op === op.name).flatMap((s) => s.cases);
  const checked = cases.filter((sample) => {
    const floats = sample.inputs.filter(({ dtype }) => ["float", "float32"].includes(dtype ?? "float"));
    return (sample.differentiable ?? floats).length > 0;
  });
  if (checked.length === 0) return 0;
  return checked.some((sample) => sample.secondOrder !== false) ? 2 : 1;
}

/** Runs the battery on the reference and the wasm executor. Cases that fail are named on standard error. */
export function runBattery(): Map<string, Marks> {
  const marks = new Map<string, Marks>();
  for (const { name, op, run } of battery(allOps, samples, { executors: [wasmExecutor()] })) {
    let passed = true;
    try {
      run();
    } catch (error) {
      passed = false;
      console.error(`${name}: ${(error as Error).message.split("\n", 1)[0]}`);
    }
    const kind = name.endsWith(": wasm is the reference")
      ? "wasm"
      : name.endsWith(": derivatives")
        ? "derivatives"
        : "reference";
    const before = marks.get(op) ?? { reference: undefined, wasm: undefined, derivatives: undefined };
    marks.set(op, { ...before, [kind]: (before[kind] ?? true) && passed });
  }
  return marks;
}

const mark = (passed: boolean | undefined): string => (passed === undefined ? "–" : passed ? "✓" : "✗");

/** A line of the table. */
export function tableLine({ name, gradient, orders }: OpRow, marks: Marks): string {
  const order = (n: number): string => (orders >= n ? mark(marks.derivatives) : "–");
  const cells = [`\`${name}\``, mark(marks.reference), mark(marks.wasm), gradient, order(1), order(2)];
  return `| ${cells.join(" | ")} |`;
}
