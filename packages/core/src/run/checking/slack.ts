/**
 * What the stated errors inside a kernel may do to its results: the errors of functions in its scalar expressions, and
 * of the sums that an epilogue takes further.
 *
 * A function f of an expression may be off by a factor 1 ± δ; where that goes (through a difference, a division, floor, a
 * comparison) is found by trying: the kernel runs again on the reference with f · (1 ± δ), and the changes of the result
 * are added up over all functions. So a result that flips at a kink within the stated bounds counts as agreement.
 */

import type { Kernel } from "../../program/kernels.ts";
import { argumentsOf, type Instruction, type ScalarExpression } from "../../program/scalar.ts";
import { functionUlps, type KernelTolerance, roundingOf } from "../../program/tolerance.ts";
import { isFloat } from "../../tensor/dtype.ts";

/** Inserts `value · (1 + factor) + term` behind instruction `at`; everything after reads that instead. */
function perturbed(expression: ScalarExpression, at: number, factor: number, term: number): ScalarExpression {
  const { dtype } = expression.instructions[at] as Instruction;
  const inserted: Instruction[] = [
    { op: "const", value: 1 + factor, dtype },
    { op: "mul", a: at, b: at + 1, dtype },
    { op: "const", value: term, dtype },
    { op: "add", a: at + 2, b: at + 3, dtype },
  ];
  const place = (n: number): number => (n < at ? n : n + inserted.length);
  const after = expression.instructions.slice(at + 1).map((i): Instruction => {
    const next: Record<string, unknown> = { ...i };
    const names = ["a", "b", "c"].slice(0, argumentsOf(i).length);
    argumentsOf(i).forEach((n, k) => {
      next[names[k] as string] = place(n);
    });
    return next as unknown as Instruction;
  });
  return {
    instructions: [...expression.instructions.slice(0, at + 1), ...inserted, ...after],
    results: expression.results.map(place),
  };
}

const expressionNames = ["expression", "prologue", "epilogue"] as const;

function withExpression(kernel: Kernel, name: string, expression: ScalarExpression): Kernel {
  return { ...kernel, [name]: expression } as Kernel;
}

/**
 * Pairs of kernels whose results bracket what one stated error inside `kernel` can do. `largest` is the largest value
 * that it reads, `bound` the tolerance of its own sums.
 */
export function perturbations(kernel: Kernel, bound: KernelTolerance, largest: number): [Kernel, Kernel][] {
  const pairs: [Kernel, Kernel][] = [];
  for (const name of expressionNames) {
    const expression = (kernel as unknown as Record<string, ScalarExpression | undefined>)[name];
    if (expression === undefined) continue;
    // Operands of an epilogue below this are the results of sums.
    const sums = name !== "epilogue" ? 0 : kernel.kind === "reduce" ? kernel.accumulators.length : 1;
    expression.instructions.forEach((i, at) => {
      if (!isFloat(i.dtype)) return;
      const ulps = functionUlps[i.op];
      let [factor, term] = [0, 0];
      if (ulps !== undefined) factor = 2 * ulps * roundingOf(i.dtype);
      else if (i.op === "read" && i.operand < sums) [factor, term] = [bound.relative, bound.ofLargest * largest];
      if (factor === 0 && term === 0) return;
      const change = (sign: number): Kernel =>
        withExpression(kernel, name, perturbed(expression, at, sign * factor, sign * term));
      pairs.push([change(1), change(-1)]);
    });
  }
  return pairs;
}

/** Whether scalar expressions alone make the result, in arithmetic that must have the reference's bits. */
export function isExact(kernel: Kernel): boolean {
  return kernel.kind === "map" && kernel.expression.instructions.every((i) => functionUlps[i.op] === undefined);
}
