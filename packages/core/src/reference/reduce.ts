/**
 * `reduce`: accumulators over the reduced axes, in row-major order, each in float64 (integers: int32 that wraps) and
 * rounded once to the dtype of its value. `moments` goes over the values twice: first the mean, then Σ (x − mean)²,
 * which loses nothing to cancellation.
 *
 * The epilogue is a map over the rounded results, skipped where it only hands them on.
 */

import { ProgramError } from "../errors/errors.ts";
import type { Accumulator, ReduceKernel } from "../program/kernels.ts";
import { type Operand, wholeBuffer } from "../program/operand.ts";
import { type DType, isFloat } from "../tensor/dtype.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { KernelContext, Launch } from "./context.ts";
import { LoopText } from "./loop-text.ts";
import { compileMap, indexedAxes, textOperands } from "./map.ts";
import { makeNest, type Nest, walk } from "./nest.ts";
import { scalarClosure, scalarStatements } from "./scalar.ts";
import { inOrder } from "./stage.ts";

/** One accumulator with its dtype and the operands that take its results. */
interface Target {
  readonly kind: Accumulator["kind"];
  readonly value: number;
  /** Of the value that is reduced. */
  readonly dtype: DType;
  /** One for each result; `moments` has two. */
  readonly writes: readonly Operand[];
}

const resultsOf = (kind: Accumulator["kind"]): number => (kind === "moments" ? 2 : 1);
const findsIndex = (kind: Accumulator["kind"]): boolean => kind === "argmax" || kind === "argmin";

export function compileReduce(kernel: ReduceKernel, context: KernelContext): Launch {
  const { shape, axes, prologue, epilogue, epilogueReads } = kernel;
  const keptShape = shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
  const direct = directWrites(kernel);
  const results: Operand[] = [];
  const targets = kernel.accumulators.map(({ kind, value }): Target => {
    const { dtype } = prologue.instructions[prologue.results[value]!]!;
    if (kind === "moments" && !isFloat(dtype)) throw new ProgramError(`there are no moments of ${dtype}`);
    const writes = Array.from({ length: resultsOf(kind) }, () => {
      const place = direct?.[results.length];
      const resultDType = findsIndex(kind) ? "int32" : dtype;
      const operand = place ?? wholeBuffer(context.scratch(resultDType, sizeOf(keptShape)), keptShape);
      results.push(operand);
      return operand;
    });
    return { kind, value, dtype, writes };
  });
  const reduce = context.generator === undefined ? interpret(kernel, targets) : generate(kernel, targets, context);
  if (direct !== undefined) return reduce;
  const map = { shape: keptShape, expression: epilogue, reads: [...results, ...epilogueReads], writes: kernel.writes };
  return inOrder(reduce, compileMap(map, context));
}

/** The writes in the order of the accumulators' results, where the epilogue does nothing. */
function directWrites(kernel: ReduceKernel): readonly Operand[] | undefined {
  const { epilogue, writes, accumulators } = kernel;
  const results = accumulators.reduce((n, a) => n + resultsOf(a.kind), 0);
  const direct: Operand[] = [];
  for (let w = 0; w < writes.length; w++) {
    const i = epilogue.instructions[epilogue.results[w]!]!;
    if (i.op !== "read" || i.operand >= results || direct[i.operand] !== undefined) return undefined;
    direct[i.operand] = writes[w]!;
  }
  return writes.length === results ? direct : undefined;
}

function nestOf(kernel: ReduceKernel, operands: readonly Operand[]): Nest {
  const { shape, axes } = kernel;
  const reduced = new Set(axes);
  const all = shape.map((_, axis) => axis);
  // Writes stay where they are along reduced axes, whatever stride an axis of extent 1 may carry there.
  const strides = operands.map((o, k) => {
    const isWrite = k >= kernel.reads.length;
    return o.strides.map((s, axis) => (isWrite && reduced.has(axis) ? 0 : s));
  });
  return makeNest({
    shape,
    outerAxes: all.filter((axis) => !reduced.has(axis)),
    innerAxes: all.filter((axis) => reduced.has(axis)),
    strides,
    keep: indexedAxes(kernel.prologue),
  });
}

function startOf(kind: Accumulator["kind"], dtype: DType): number {
  if (kind === "product") return 1;
  if (kind === "min" || kind === "argmin") return isFloat(dtype) ? Number.POSITIVE_INFINITY : 2147483647;
  if (kind === "max" || kind === "argmax") return isFloat(dtype) ? Number.NEGATIVE_INFINITY : -2147483648;
  return 0;
}

/** The statement that takes value `v` into accumulator `m`; `at` is where an extreme was found, `k` the running index. */
function takeText(target: Target, m: string, at: string, v: string): string {
  const int = !isFloat(target.dtype);
  switch (target.kind) {
    case "sum":
    case "moments":
      return int ? `${m} = (${m} + ${v}) | 0;` : `${m} += ${v};`;
    case "product":
      return int ? `${m} = Math.imul(${m}, ${v});` : `${m} *= ${v};`;
    case "min":
    case "max":
      return `${m} = Math.${target.kind}(${m}, ${v});`;
    default: {
      const better = `${v} ${target.kind === "argmax" ? ">" : "<"} ${m}`;
      return `if (${better} || (${v} !== ${v} && ${m} === ${m})) { ${m} = ${v}; ${at} = k; }`;
    }
  }
}

function generate(kernel: ReduceKernel, targets: readonly Target[], context: KernelContext): Launch {
  const { reads } = kernel;
  const operands = [...reads, ...targets.flatMap((t) => t.writes)];
  const nest = nestOf(kernel, operands);
  const text = new LoopText(nest, textOperands(operands, context));
  const loops = nest.extents.length;
  const load = (depth: number): void => text.load(reads.length, depth, loops);
  load(0);
  text.open(0, nest.outer, load);
  targets.forEach((t, i) => {
    text.lines.push(`let m${i} = ${startOf(t.kind, t.dtype)}, at${i} = 0, q${i} = 0;`);
  });
  text.lines.push("let k = 0;");
  overReduced(kernel, nest, text, (values) => {
    const takes = targets.map((t, i) => takeText(t, `m${i}`, `at${i}`, values[t.value]!));
    text.lines.push(...takes, "k++;");
  });
  const moments = targets.flatMap((t, i) => (t.kind === "moments" ? [{ value: t.value, i }] : []));
  if (moments.length > 0) {
    text.lines.push(...moments.map(({ i }) => `m${i} /= k;`));
    overReduced(kernel, nest, text, (values) => {
      for (const { value, i } of moments) {
        const deviation = `(${values[value]} - m${i})`;
        text.lines.push(`q${i} += ${deviation} * ${deviation};`);
      }
    });
  }
  let w = reads.length;
  targets.forEach((t, i) => {
    const result = findsIndex(t.kind) ? `at${i}` : `m${i}`;
    const isBool = t.dtype === "bool" && !findsIndex(t.kind);
    text.lines.push(`${text.element(w++, nest.outer)} = ${isBool ? `${result} !== 0 ? 1 : 0` : result};`);
    if (t.kind === "moments") text.lines.push(`${text.element(w++, nest.outer)} = q${i};`);
  });
  text.close(nest.outer);
  const run = context.generator!.make(text.toString());
  const { params } = text;
  return (arrays) => run(arrays, params);
}

/** Loops over the reduced axes; `take` gets the names of the prologue's results. */
function overReduced(
  kernel: ReduceKernel,
  nest: Nest,
  text: LoopText,
  take: (values: readonly string[]) => void,
): void {
  const loops = nest.extents.length;
  text.open(nest.outer, loops, (depth) => text.load(kernel.reads.length, depth, loops));
  const read = (k: number): string => `r${k}`;
  const { lines, results } = scalarStatements(kernel.prologue, "v", read, (axis) => text.index(axis));
  // A block of its own: without reduced loops two passes would define the same names.
  text.lines.push("{", ...lines);
  take(results);
  text.lines.push("}");
  text.close(loops - nest.outer);
}

interface State {
  m: number;
  at: number;
  q: number;
}

function take({ kind, dtype }: Target, state: State, v: number, k: number): void {
  const int = !isFloat(dtype);
  const { m } = state;
  if (kind === "sum" || kind === "moments") state.m = int ? (m + v) | 0 : m + v;
  else if (kind === "product") state.m = int ? Math.imul(m, v) : m * v;
  else if (kind === "min") state.m = Math.min(m, v);
  else if (kind === "max") state.m = Math.max(m, v);
  else if ((kind === "argmax" ? v > m : v < m) || (Number.isNaN(v) && !Number.isNaN(m))) {
    state.m = v;
    state.at = k;
  }
}

/** The same loops without generated code. */
function interpret(kernel: ReduceKernel, targets: readonly Target[]): Launch {
  const { reads, prologue, shape } = kernel;
  const operands = [...reads, ...targets.flatMap((t) => t.writes)];
  const nest = nestOf(kernel, operands);
  const closure = scalarClosure(prologue);
  const hasMoments = targets.some((t) => t.kind === "moments");
  return (arrays) => {
    const offsets = operands.map((o) => o.offset);
    const index: number[] = [];
    const position: number[] = [];
    const values: number[] = [];
    const results: number[] = [];
    const each = (visit: () => void): void =>
      walk(nest, nest.outer, nest.extents.length, offsets, index, () => {
        for (let r = 0; r < reads.length; r++) values[r] = arrays[reads[r]!.buffer]![offsets[r]!]!;
        for (let axis = 0; axis < shape.length; axis++) position[axis] = index[nest.loopOf[axis]!] ?? 0;
        closure(values, position, results);
        visit();
      });
    walk(nest, 0, nest.outer, offsets, index, () => {
      const states = targets.map((t): State => ({ m: startOf(t.kind, t.dtype), at: 0, q: 0 }));
      let k = 0;
      each(() => {
        for (let i = 0; i < targets.length; i++) take(targets[i]!, states[i]!, results[targets[i]!.value]!, k);
        k++;
      });
      if (hasMoments) {
        for (let i = 0; i < targets.length; i++) if (targets[i]!.kind === "moments") states[i]!.m /= k;
        each(() => {
          for (let i = 0; i < targets.length; i++) {
            const deviation = results[targets[i]!.value]! - states[i]!.m;
            states[i]!.q += deviation * deviation;
          }
        });
      }
      storeStates(targets, states, arrays, offsets, reads.length);
    });
  };
}

function storeStates(
  targets: readonly Target[],
  states: readonly State[],
  arrays: Parameters<Launch>[0],
  offsets: readonly number[],
  firstWrite: number,
): void {
  let w = firstWrite;
  targets.forEach((t, i) => {
    const { m, at, q } = states[i]!;
    const value = findsIndex(t.kind) ? at : t.dtype === "bool" ? Number(m !== 0) : m;
    arrays[t.writes[0]!.buffer]![offsets[w++]!] = value;
    if (t.kind === "moments") arrays[t.writes[1]!.buffer]![offsets[w++]!] = q;
  });
}
