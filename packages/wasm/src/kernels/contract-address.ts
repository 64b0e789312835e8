/**
 * Task numbers taken apart, and where each product of a batch begins.
 */

import { type FunctionBuilder, i32, type Local, type Value } from "../assembler/index.ts";
import type { ContractPlan } from "./contract-plan.ts";
import type { Extents } from "./kernel.ts";

export type Index = Value<"i32">;

/** Number of products in the batch. */
export const productsOf = (plan: ContractPlan, extents: Extents): number =>
  plan.shape.batch
    .slice(1)
    .reduce((count, axis) => count * axis.extent, plan.shape.batch.length > 0 ? extents.batch! : 1);

/** k as a constant or as the argument. */
export const kOf = (plan: ContractPlan, f: FunctionBuilder): Index =>
  plan.constantK === undefined ? (f.parameters.k as Local<"i32">) : i32.const(plan.constantK);

/**
 * The digits of a task number, most significant first, the first being what is left; `radices` are the extents of the
 * others.
 */
export function taskOf(f: FunctionBuilder, task: Index, radices: readonly Index[]): Index[] {
  const digits: Index[] = [];
  let rest = task;
  for (const radix of [...radices].reverse()) {
    if (radix.constant === 1) {
      digits.unshift(i32.const(0));
      continue;
    }
    const quotient = f.let(i32.divU(rest, radix));
    digits.unshift(f.let(i32.sub(rest, i32.mul(quotient, radix))));
    rest = quotient;
  }
  return [rest, ...digits];
}

/** Byte offset of an operand of product number `product`. */
export function batchOffset(f: FunctionBuilder, plan: ContractPlan, product: Index, operand: "a" | "b" | "c"): Index {
  const { batch } = plan.shape;
  const digits = taskOf(
    f,
    product,
    batch.slice(1).map(({ extent }) => i32.const(extent)),
  );
  return batch
    .map((axis, i) => i32.mul(digits[i]!, axis[operand] * plan.element.bytes))
    .reduce((sum, term) => i32.add(sum, term), i32.const(0));
}
