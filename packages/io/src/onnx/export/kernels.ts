/**
 * Ops without a rule of their own, by the kernel that they lower to: one way for each kernel kind, as in an executor.
 */

import {
  type Accumulator,
  type GatherKernel,
  type Kernel,
  type LoweredOp,
  type MapKernel,
  type Node,
  type Operand,
  type ReduceKernel,
  type ScanKernel,
  type ScatterKernel,
  type SortKernel,
  sizeOf,
  type Tensor,
  wholeBuffer,
} from "@prewitt/core";
import { INT32 } from "../element-types.ts";
import { emitExpression } from "./expression.ts";
import { type Plan, type RuleContext, simple } from "./rule.ts";
import { batchMisfit, type Extent, equalData, extentsOf, isFixed, shapeOf } from "./twin.ts";
import { convPlan, poolPlan } from "./windows.ts";

/** The kernel of a node: inputs are buffers 0 …, outputs follow. */
function kernelOf(node: Node): Kernel {
  const op = node.op as LoweredOp<never>;
  const whole = (t: Tensor, i: number): Operand => wholeBuffer(i, t.shape);
  return op.lower({
    inputs: node.inputs.map(whole),
    outputs: node.tensors.map((t, i) => whole(t, node.inputs.length + i)),
    dtypes: node.inputs.map((t) => t.dtype),
    outputDtypes: node.tensors.map((t) => t.dtype),
    attributes: node.attributes as never,
  });
}

/** Both traces' kernels. */
type Pair<K extends Kernel> = readonly [K, K];

export function kernelPlan(context: RuleContext): Plan {
  const pair = [kernelOf(context.node), kernelOf(context.twin)] as const;
  const [kernel] = pair;
  switch (kernel.kind) {
    case "map":
      return mapPlan(context, pair as Pair<MapKernel>);
    case "reduce":
      return reducePlan(context, pair as Pair<ReduceKernel>);
    case "contract":
      return simple(context, (names) => context.writer.op("MatMul", names));
    case "conv":
      return convPlan(context, kernel, context.inputs);
    case "pool":
      return poolPlan(context, kernel);
    case "gather":
      return gatherPlan(context, pair as Pair<GatherKernel>);
    case "scatter":
      return scatterPlan(context, kernel);
    case "sort":
      return sortPlan(context, kernel);
    case "scan":
      return scanPlan(context, kernel);
    case "random":
      return context.fail({
        summary: "ONNX has no random numbers that repeat",
        fix: "export the model, which is then in evaluation mode, or pass the numbers as an input",
      });
    case "host":
      return context.fail({ summary: "it calls a JavaScript function", fix: "leave it out of what is exported" });
    default:
      return context.fail({ summary: `ONNX has no operator for it`, fix: "leave it out of what is exported" });
  }
}

/**
 * An operand as a value that broadcasts over the index space: itself where trailing axes already line up, else under
 * another shape. `spaces` are the index spaces of both traces.
 */
function readOperand(
  context: RuleContext,
  operands: readonly [Operand, Operand],
  spaces: readonly [readonly number[], readonly number[]],
  names: readonly string[],
): string {
  const [x, y] = operands;
  const kept = (o: Operand, space: readonly number[]): number[] => space.map((n, i) => (o.strides[i] === 0 ? 1 : n));
  const extents = extentsOf(kept(x, spaces[0]), kept(y, spaces[1])) ?? batchMisfit(context.node, "an operand");
  const { shape, strides } = wholeBuffer(0, kept(x, spaces[0]));
  if (x.offset !== 0 || shape.some((n, i) => n !== 1 && x.strides[i] !== strides[i]))
    return context.fail({ summary: "it reads its operands in an order that ONNX has no operator for" });
  const own = shapeOf(context.input(x.buffer));
  const lead = extents.length - own.length;
  const name = names[x.buffer] as string;
  const fits = lead >= 0 && extents.every((n, i) => (i < lead ? n === 1 : equalData(n, own[i - lead])));
  return fits ? name : context.writer.reshape(name, extents);
}

function indexAlong(
  context: RuleContext,
  spaces: readonly [readonly number[], readonly number[]],
  axis: number,
): string {
  const extent = spaces[0][axis] as number;
  if (extent !== spaces[1][axis]) batchMisfit(context.node, "the index of a sample");
  const dims = spaces[0].map((_, i) => (i === axis ? extent : 1));
  return context.writer.constant(
    Array.from({ length: extent }, (_, i) => i),
    "int32",
    dims,
  );
}

function noOperator(context: RuleContext): (instruction: string) => never {
  return (instruction) => context.fail({ summary: `ONNX has no operator for "${instruction}" of integers` });
}

function mapPlan(context: RuleContext, [a, b]: Pair<MapKernel>): Plan {
  if (!equalData(a.expression, b.expression)) batchMisfit(context.node, "a number in it");
  const spaces = [a.shape, b.shape] as const;
  return {
    inputs: context.inputs,
    emit: (names) => {
      const values = emitExpression(context.writer, a.expression, {
        read: (i) => readOperand(context, [a.reads[i] as Operand, b.reads[i] as Operand], spaces, names),
        index: (axis) => indexAlong(context, spaces, axis),
        fail: noOperator(context),
      });
      return values.map((value, i) => full(context, value, a, i));
    },
  };
}

/** The value with the whole shape of the output, where no operand has it. */
function full(context: RuleContext, value: string, kernel: MapKernel, output: number): string {
  const covered = kernel.shape.map((n, axis) => n === 1 || kernel.reads.some((r) => r.strides[axis] !== 0));
  const indexed = kernel.expression.instructions.flatMap((i) => (i.op === "index" ? [i.axis] : []));
  if (covered.every((c, axis) => c || indexed.includes(axis))) return value;
  return context.writer.op("Expand", [value, context.writer.shape(context.extents(output))]);
}

const reducers: Partial<Record<Accumulator["kind"], string>> = {
  sum: "ReduceSum",
  product: "ReduceProd",
  min: "ReduceMin",
  max: "ReduceMax",
};

function reducePlan(context: RuleContext, [a, b]: Pair<ReduceKernel>): Plan {
  const { writer } = context;
  if (!equalData(a.prologue, b.prologue) || !equalData(a.epilogue, b.epilogue))
    batchMisfit(context.node, "the number of elements that are reduced");
  if (a.epilogueReads.length > 0) context.fail({ summary: "it reads operands behind a reduction" });
  const spaces = [a.shape, b.shape] as const;
  const space = extentsOf(...spaces) ?? batchMisfit(context.node, "the shape");
  const read = (names: readonly string[]) => (i: number) =>
    readOperand(context, [a.reads[i] as Operand, b.reads[i] as Operand], spaces, names);
  const fail = noOperator(context);
  const index = (axis: number): string => indexAlong(context, spaces, axis);
  return {
    inputs: context.inputs,
    emit: (names) => {
      const values = emitExpression(writer, a.prologue, { read: read(names), index, fail });
      const whole = a.shape.every((n, axis) => n === 1 || a.reads.every((r) => r.strides[axis] !== 0));
      const wide = whole ? values : values.map((value) => writer.op("Expand", [value, writer.shape(space)]));
      const results = a.accumulators.flatMap((accumulator) =>
        accumulate(context, accumulator, wide[accumulator.value] as string, a, space),
      );
      const done = emitExpression(writer, a.epilogue, { read: (i) => results[i] as string, index, fail });
      return done.map((value, i) => {
        const extents = context.extents(i);
        return extents.length === a.shape.length ? value : writer.reshape(value, extents);
      });
    },
  };
}

/** The results of one accumulator, with reduced axes kept at 1. */
function accumulate(
  context: RuleContext,
  { kind }: Accumulator,
  value: string,
  { axes }: ReduceKernel,
  space: readonly Extent[],
): string[] {
  const { writer } = context;
  const type = reducers[kind];
  if (type !== undefined) return [writer.reduce(type, value, axes, true)];
  if (kind === "moments") {
    const mean = writer.reduce("ReduceMean", value, axes, true);
    const centred = writer.op("Sub", [value, mean]);
    return [mean, writer.reduce("ReduceSum", writer.op("Mul", [centred, centred]), axes, true)];
  }
  const operator = kind === "argmax" ? "ArgMax" : "ArgMin";
  const [axis] = axes;
  if (axes.length === 1) {
    const place = writer.op(operator, [value], { axis: axis as number, keepdims: 1 });
    return [writer.op("Cast", [place], { to: INT32 })];
  }
  // Over several axes: they come last and are joined, so that places count in row-major order.
  const rest = space.flatMap((_, i) => (axes.includes(i) ? [] : [i]));
  const joined: readonly Extent[] = axes.map((i) => space[i] as Extent);
  if (!isFixed(joined)) return batchMisfit(context.node, "the index of an element");
  const rows = writer.op("Transpose", [value], { perm: [...rest, ...axes] });
  const flat = writer.reshape(rows, [...rest.map((i) => space[i] as Extent), sizeOf(joined)]);
  const place = writer.op("Cast", [writer.op(operator, [flat], { axis: rest.length, keepdims: 0 })], { to: INT32 });
  return [
    writer.reshape(
      place,
      space.map((n, i) => (axes.includes(i) ? 1 : n)),
    ),
  ];
}

function gatherPlan(context: RuleContext, [a, b]: Pair<GatherKernel>): Plan {
  const { writer } = context;
  return simple(context, (names) => {
    const index = readOperand(context, [a.reads[1] as Operand, b.reads[1] as Operand], [a.shape, b.shape], names);
    const stretched = (a.reads[1] as Operand).strides.some((s, i) => s === 0 && a.shape[i] !== 1);
    const along = stretched ? writer.op("Expand", [index, writer.shape(context.extents())]) : index;
    return writer.op("GatherElements", [names[0] as string, along], { axis: a.axis });
  });
}

function scatterPlan(context: RuleContext, { axis }: ScatterKernel): Plan {
  const { writer } = context;
  if (writer.opset < 16) {
    context.fail({ summary: `opset ${writer.opset} has no operator that adds by index`, fix: "pass { opset: 17 }" });
  }
  return simple(context, (names) => writer.op("ScatterElements", names, { axis, reduction: "add" }));
}

function sortPlan(context: RuleContext, { axis, descending }: SortKernel): Plan {
  const { writer } = context;
  return {
    inputs: context.inputs,
    emit: (names) => {
      const count = writer.shape([context.extents()[axis] as Extent]);
      const attributes = { axis, largest: descending ? 1 : 0, sorted: 1 };
      const [values, places] = writer.add("TopK", [names[0] as string, count], attributes, 2) as [string, string];
      return [values, writer.op("Cast", [places], { to: INT32 })];
    },
  };
}

function scanPlan(context: RuleContext, { combine, axis, exclusive, reverse }: ScanKernel): Plan {
  const { writer } = context;
  if (combine !== "sum") context.fail({ summary: "ONNX has no operator for a running product" });
  const attributes = { exclusive: exclusive ? 1 : 0, reverse: reverse ? 1 : 0 };
  return simple(context, ([x]) => writer.op("CumSum", [x as string, writer.constant([axis], "int32", [])], attributes));
}
