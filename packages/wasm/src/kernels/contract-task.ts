/**
 * From a task's number to where it begins and ends: product, chunk of k, block of rows, block of columns, the last
 * running fastest.
 */

import { type FunctionBuilder, i32, type Local } from "../assembler/index.ts";
import { batchOffset, type Index, kOf, taskOf } from "./contract-address.ts";
import { paddedColumns, repeats } from "./contract-pack.ts";
import type { ContractPlan } from "./contract-plan.ts";

export interface Task {
  /** Operands of the task's product: A and B as they lie, or all of B in panels; C, or partial sums of the chunk. */
  readonly a: Local<"i32">;
  readonly b: Local<"i32">;
  readonly c: Local<"i32">;
  /** Rows i0 … i1, columns j0 … j1, steps k0 … k1. */
  readonly i0: Local<"i32">;
  readonly i1: Local<"i32">;
  readonly j0: Local<"i32">;
  readonly j1: Local<"i32">;
  readonly k0: Index;
  readonly k1: Index;
}

export const ceilDivide = (value: Index, divisor: Index): Index =>
  i32.divU(i32.add(value, i32.sub(divisor, 1)), divisor);

/** `minimum(start + length, end)` */
function limit(f: FunctionBuilder, start: Index, length: Index, end: Index): Local<"i32"> {
  const past = f.let(i32.add(start, length));
  return f.let(i32.minS(past, end));
}

/** Number of chunks; k = 0 is one empty chunk. */
export function chunkCount(f: FunctionBuilder, plan: ContractPlan): Index {
  if (!plan.chunked) return i32.const(1);
  const chunks = f.let(ceilDivide(kOf(plan, f), f.parameters.chunk as Local<"i32">));
  return f.let(i32.maxS(chunks, i32.const(1)));
}

export function beginTask(f: FunctionBuilder, plan: ContractPlan, task: Index): Task {
  const p = f.parameters as Record<string, Local<"i32">>;
  const { shape, element } = plan;
  const chunks = chunkCount(f, plan);
  const rowBlocks = f.let(ceilDivide(p.m!, p.rows!));
  const columnBlocks = f.let(ceilDivide(i32.const(shape.n), p.columns!));
  const [product, chunk, rowBlock, columnBlock] = taskOf(f, task, [chunks, rowBlocks, columnBlocks]) as [
    Index,
    Index,
    Index,
    Index,
  ];
  const k = kOf(plan, f);
  const offset = (base: Index, name: "a" | "b" | "c"): Index =>
    shape.batch.length === 0 ? base : i32.add(base, batchOffset(f, plan, product, name));
  const packedSize = i32.mul(k, paddedColumns(shape.n, element) * element.bytes);
  const packed = (base: Index): Index => (repeats(plan, "b") ? base : i32.add(base, i32.mul(product, packedSize)));
  const partial = i32.mul(i32.mul(i32.add(i32.mul(product, chunks), chunk), p.m!), shape.n * element.bytes);
  const i0 = f.let(i32.mul(rowBlock, p.rows!));
  const j0 = f.let(i32.mul(columnBlock, p.columns!));
  const k0 = plan.chunked ? f.let(i32.mul(chunk, p.chunk!)) : i32.const(0);
  return {
    a: f.let(offset(p.a!, "a")),
    b: f.let(plan.b === "packed" ? packed(p.packedB!) : offset(p.b!, "b")),
    c: f.let(plan.chunked ? i32.add(p.partial!, partial) : offset(p.c!, "c")),
    i0,
    i1: limit(f, i0, p.rows!, p.m!),
    j0,
    j1: limit(f, j0, p.columns!, i32.const(shape.n)),
    k0,
    k1: plan.chunked ? limit(f, k0, p.chunk!, k) : k,
  };
}
