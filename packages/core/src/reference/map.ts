/**
 * `map`: a scalar expression at every point of an index space. Order of points is free, so the loops follow the memory
 * of the first write.
 */

import type { MapKernel } from "../program/kernels.ts";
import type { Operand } from "../program/operand.ts";
import type { ScalarExpression } from "../program/scalar.ts";
import type { TypedArray } from "../tensor/dtype.ts";
import type { KernelContext, Launch } from "./context.ts";
import { LoopText, type TextOperand } from "./loop-text.ts";
import { makeNest, memoryOrder, type Nest, walk } from "./nest.ts";
import { scalarClosure, scalarStatements } from "./scalar.ts";

export type MapSpec = Pick<MapKernel, "shape" | "expression" | "reads" | "writes">;

/** Axes whose index the expression reads. */
export function indexedAxes(expression: ScalarExpression): Set<number> {
  const axes = new Set<number>();
  for (const i of expression.instructions) if (i.op === "index") axes.add(i.axis);
  return axes;
}

export function textOperands(operands: readonly Operand[], context: KernelContext): TextOperand[] {
  return operands.map(({ buffer, offset }) => ({ buffer, offset, dtype: context.dtypeOf(buffer) }));
}

export function compileMap(spec: MapSpec, context: KernelContext): Launch {
  const { shape, expression, reads, writes } = spec;
  const operands = [...reads, ...writes];
  const strides = operands.map((o) => o.strides);
  const outerAxes = memoryOrder(shape, writes[0]?.strides ?? []);
  const nest = makeNest({ shape, outerAxes, strides, keep: indexedAxes(expression) });
  if (context.generator === undefined) return interpretMap(spec, operands, nest);

  const loops = nest.extents.length;
  const text = new LoopText(nest, textOperands(operands, context));
  text.load(reads.length, 0, loops);
  text.open(0, loops, (depth) => text.load(reads.length, depth, loops));
  const read = (k: number): string => `r${k}`;
  const body = scalarStatements(expression, "v", read, (axis) => text.index(axis));
  text.lines.push(...body.lines);
  writes.forEach((_, w) => {
    text.lines.push(`${text.element(reads.length + w, loops)} = ${body.results[w]};`);
  });
  text.close(loops);
  const run = context.generator.make(text.toString());
  const { params } = text;
  return (arrays) => run(arrays, params);
}

function interpretMap(spec: MapSpec, operands: readonly Operand[], nest: Nest): Launch {
  const { expression, reads, writes, shape } = spec;
  const closure = scalarClosure(expression);
  const loops = nest.extents.length;
  return (arrays) => {
    const bound = operands.map((o) => arrays[o.buffer]!) as TypedArray[];
    const offsets = operands.map((o) => o.offset);
    const values = new Array<number>(reads.length).fill(0);
    const index = new Array<number>(loops).fill(0);
    const position = new Array<number>(shape.length).fill(0);
    const results: number[] = [];
    walk(nest, 0, loops, offsets, index, () => {
      for (let k = 0; k < reads.length; k++) values[k] = bound[k]![offsets[k]!]!;
      for (let axis = 0; axis < shape.length; axis++) {
        const loop = nest.loopOf[axis]!;
        if (loop >= 0) position[axis] = index[loop]!;
      }
      closure(values, position, results);
      for (let w = 0; w < writes.length; w++) {
        const k = reads.length + w;
        bound[k]![offsets[k]!] = results[w]!;
      }
    });
  };
}
