/**
 * The factory of elementwise base ops: a scalar expression, a gradient rule, and the dtypes the op takes.
 *
 * Operands must have one dtype; a number takes that of the other operand. Axes of size 1 stretch at equal rank, and
 * scalars stretch to anything. The gradient engine sums over stretched axes, so rules need not.
 */

import { DTypeError, ShapeError } from "../errors/errors.ts";
import { scalarNode } from "../graph/leaves.ts";
import { locate } from "../graph/locate.ts";
import { type Attributes, defineOp, type NotDifferentiable, type Op, type VjpRule } from "../graph/op.ts";
import { broadcastOperand } from "../program/operand.ts";
import { ScalarBuilder } from "../program/scalar.ts";
import { type DType, isFloat } from "../tensor/dtype.ts";
import { dtypeFor, misfitOf } from "../tensor/fit.ts";
import { broadcastShapes, formatShape, type Shape } from "../tensor/shape.ts";
import { Tensor, type TensorLike, type TensorSpec } from "../tensor/tensor.ts";

/** "float": float32 and float64; "number": these and integers; "any": bool too; "bool": only bool. */
export type Accepts = "float" | "number" | "any" | "bool";

export interface ElementwiseInit<A extends Attributes> {
  readonly name: string;
  readonly inputNames: readonly string[];
  readonly accepts: Accepts;
  /** Dtype of the result, when not that of the operands. */
  readonly result?: ((dtype: DType, attributes: A) => DType) | undefined;
  /** Inputs that may differ in dtype from the others, by number (the condition of `where`). */
  readonly free?: ReadonlyMap<number, Accepts> | undefined;
  /** Writes the expression; `args` are the values of the inputs. */
  expression(builder: ScalarBuilder, args: readonly number[], attributes: A): number;
  readonly vjp: VjpRule<A> | NotDifferentiable;
}

export function elementwise<A extends Attributes>(init: ElementwiseInit<A>): Op<A> {
  return defineOp<A>({
    name: init.name,
    inputNames: init.inputNames,
    infer: ({ inputs, attributes }) => {
      const dtype = commonDType(init, inputs);
      return { shape: commonShape(inputs), dtype: init.result?.(dtype, attributes) ?? dtype };
    },
    vjp: init.vjp,
    lower: ({ inputs, outputs, attributes, dtypes }) => {
      const shape = outputs[0]?.shape as Shape;
      const builder = new ScalarBuilder();
      const args = dtypes.map((dtype, i) => builder.read(i, dtype));
      const result = init.expression(builder, args, attributes);
      return {
        kind: "map",
        shape,
        reads: inputs.map((operand) => broadcastOperand(operand, shape)),
        writes: outputs,
        expression: builder.build([result]),
      };
    },
  });
}

/** Whether an op that accepts these takes the dtype. */
export function accepted(accepts: Accepts, dtype: DType): boolean {
  if (accepts === "any") return true;
  if (accepts === "bool") return dtype === "bool";
  return accepts === "float" ? isFloat(dtype) : dtype !== "bool";
}

/** What is accepted, in words. */
export const wanted: Readonly<Record<Accepts, string>> = {
  float: "float32 or float64",
  number: "float32, float64, int32 or uint8",
  any: "any dtype",
  bool: "bool",
};

/** From narrow to wide: a cast to the right keeps the value, up to float rounding. */
const widths: readonly DType[] = ["bool", "uint8", "int32", "float32", "float64"];

function commonDType<A extends Attributes>(init: ElementwiseInit<A>, inputs: readonly TensorSpec[]): DType {
  const problems: string[] = [];
  const bound = inputs.flatMap((spec, i) => (init.free?.has(i) ? [] : [{ spec, i }]));
  const first = bound[0] as { spec: TensorSpec; i: number };
  const nameOf = (i: number) => init.inputNames[i] ?? `input ${i}`;
  let fix: string | undefined;
  for (const { spec, i } of bound) {
    if (!accepted(init.accepts, spec.dtype)) {
      problems.push(`${nameOf(i)} is ${spec.dtype}, but ${init.name} takes ${wanted[init.accepts]}`);
      fix ??= `${nameOf(i)}.cast("${init.accepts === "bool" ? "bool" : "float32"}")`;
    } else if (spec.dtype !== first.spec.dtype) {
      problems.push(`${nameOf(i)} is ${spec.dtype}, but ${nameOf(first.i)} is ${first.spec.dtype}`);
      const widen = widths.indexOf(spec.dtype) < widths.indexOf(first.spec.dtype);
      fix ??= widen ? `${nameOf(i)}.cast("${first.spec.dtype}")` : `${nameOf(first.i)}.cast("${spec.dtype}")`;
    }
  }
  for (const [i, accepts] of init.free ?? []) {
    const spec = inputs[i];
    if (spec === undefined || accepted(accepts, spec.dtype)) continue;
    problems.push(`${nameOf(i)} is ${spec.dtype}, but must be ${wanted[accepts]}`);
    fix ??= `${nameOf(i)}.cast("${accepts === "bool" ? "bool" : "float32"}")`;
  }
  if (problems.length > 0) throw new DTypeError({ summary: "dtypes do not fit", problems, fix });
  return first.spec.dtype;
}

function commonShape(inputs: readonly TensorSpec[]): Shape {
  let shape: Shape = [];
  for (const input of inputs) {
    const joined = broadcastShapes(shape, input.shape);
    if (joined === undefined) throw misfit(shape, input.shape);
    shape = joined;
  }
  return shape;
}

function misfit(a: Shape, b: Shape): ShapeError {
  if (a.length !== b.length) {
    const [short, long] = a.length < b.length ? [a, b] : [b, a];
    const missing = long.length - short.length;
    // Suggest the alignment that fits: trailing axes first, as NumPy has it, then leading.
    const trailing = [...new Array<number>(missing).fill(1), ...short];
    const leading = [...short, ...new Array<number>(missing).fill(1)];
    const channel =
      short.length === 1 && long.length > 1
        ? [1, short[0] as number, ...new Array<number>(long.length - 2).fill(1)]
        : trailing;
    const fitting = [trailing, channel, leading].find((shape) => broadcastShapes(shape, long) !== undefined);
    return new ShapeError({
      summary: "operands of different rank do not broadcast",
      problems: [`ranks ${a.length} and ${b.length}: ${formatShape(a)} against ${formatShape(b)}`],
      fix:
        fitting === undefined
          ? "reshape one of them to the rank of the other"
          : `.reshape(${formatShape(fitting)}) the one of rank ${short.length}`,
    });
  }
  const problems = a.flatMap((n, i) =>
    n === b[i] || n === 1 || b[i] === 1 ? [] : [`axis ${i}: ${n} against ${b[i]}`],
  );
  return new ShapeError({
    summary: "shapes do not broadcast",
    problems,
    fix: "make the extents equal; only an axis of size 1 is stretched",
  });
}

/** Operands as tensors: a number becomes a scalar of the first tensor's dtype. */
export function operands(op: string, ...values: readonly TensorLike[]): Tensor[] {
  const tensor = values.find((v): v is Tensor => v instanceof Tensor);
  if (tensor === undefined) {
    throw locate(new DTypeError({ op, summary: "at least one operand must be a tensor", fix: "write tensor(value)" }));
  }
  return values.map((value, i) => operand(op, i, value, tensor));
}

/** One operand as a tensor; a number takes the dtype of `like`, and must fit it. */
export function operand(op: string, i: number, value: TensorLike, like: Tensor): Tensor {
  if (value instanceof Tensor) return value;
  if (typeof value !== "number") {
    const found = value === null ? "null" : Array.isArray(value) ? "an array" : typeof value;
    throw locate(
      new DTypeError({ op, summary: `operand ${i} is ${found}, not a tensor or a number`, fix: "write tensor(value)" }),
    );
  }
  const misfit = misfitOf(value, like.dtype);
  if (misfit !== undefined) {
    throw locate(
      new DTypeError({
        op,
        summary: `the number ${value} does not fit a tensor of ${like.dtype}`,
        operands: [{ name: "the other operand", shape: like.shape, dtype: like.dtype }],
        problems: [misfit],
        fix: `cast the tensor: .cast("${wider(value)}")`,
      }),
    );
  }
  return scalarNode(value, like.dtype);
}

function wider(value: number): DType {
  const dtype = dtypeFor(value);
  return dtype === "uint8" ? "int32" : dtype;
}
