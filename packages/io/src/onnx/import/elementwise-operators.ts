/** Elementwise operators, activations, comparisons and products. */

import {
  clamp,
  type DType,
  isFinite as finite,
  isTensor,
  isNaN as notANumber,
  type Tensor,
  where,
} from "@prewitt/core";
import { functional as F } from "@prewitt/nn";
import { elementDType } from "../../files/elements.ts";
import { fileElements } from "../element-types.ts";
import { aligned, type Call, HostFloats, Integers, type Operator, zipped } from "./call.ts";

const unary =
  (of: (x: Tensor) => Tensor): Operator =>
  (call) =>
    of(call.tensor(0));

/** On the host where both operands are there. */
const binary =
  (of: (a: Tensor, b: Tensor) => Tensor, onHost?: (x: number, y: number) => number): Operator =>
  (call) => {
    const [a, b] = [call.value(0), call.value(1)];
    if (a instanceof Integers && b instanceof Integers && onHost !== undefined) return zipped(call, a, b, onHost);
    return of(...(aligned(call.tensor(0), call.tensor(1)) as [Tensor, Tensor]));
  };

/** Sum, Max, Min of any number of operands. */
const fold =
  (of: (a: Tensor, b: Tensor) => Tensor): Operator =>
  (call) =>
    call.inputs.map((_, i) => call.tensor(i)).reduce((a, b) => of(...(aligned(a, b) as [Tensor, Tensor])));

/** Integers divide toward zero, which floats of twice the width do exactly for int32. */
function divide(a: Tensor, b: Tensor): Tensor {
  return a.dtype === "int32" ? a.cast("float64").div(b.cast("float64")).cast("int32") : a.div(b);
}

/** Bounds are attributes until operator set 10, inputs afterwards. */
const clip: Operator = (call) => {
  const x = call.tensor(0);
  const bound = (i: number, name: string, otherwise: number): Tensor | number => {
    const value = call.inputs[i];
    if (value === undefined) return call.opset < 11 ? call.float(name, otherwise) : otherwise;
    return isTensor(value) ? value.reshape([]) : (value.values[0] ?? call.fail(`${name} is empty`));
  };
  const [low, high] = [bound(1, "min", Number.NEGATIVE_INFINITY), bound(2, "max", Number.POSITIVE_INFINITY)];
  let y = x;
  if (low !== Number.NEGATIVE_INFINITY && high !== Number.POSITIVE_INFINITY) {
    // The upper bound wins where the range is empty.
    return typeof low === "number" && typeof high === "number" && !(low <= high)
      ? x.maximum(low).minimum(high)
      : clamp(x, low, high);
  }
  if (low !== Number.NEGATIVE_INFINITY) y = y.maximum(low);
  if (high !== Number.POSITIVE_INFINITY) y = y.minimum(high);
  return y;
};

const cast: Operator = (call) => {
  const element = fileElements.get(call.int("to", 0));
  if (element === undefined) return call.fail(`type ${call.int("to", 0)} is not supported`);
  const value = call.value(0);
  const dtype: DType = elementDType(element);
  if (value instanceof Integers && dtype === "int32") return new Integers(value.shape, value.values.map(Math.trunc));
  if (value instanceof Integers && dtype === "float32") return new HostFloats(value.shape, value.values);
  return call.tensor(0).cast(dtype);
};

const gemm: Operator = (call) => {
  const turned = (i: number, name: string): Tensor => {
    const t = call.tensor(i);
    if (t.rank !== 2) call.fail(`operand ${i} has rank ${t.rank}, a matrix is needed`);
    return call.int(name, 0) === 1 ? t.transpose() : t;
  };
  const product = turned(0, "transA").matmul(turned(1, "transB"));
  const alpha = call.float("alpha", 1);
  const beta = call.float("beta", 1);
  const y = alpha === 1 ? product : product.mul(alpha);
  const c = call.optional(2);
  if (c === undefined) return y;
  const [, bias] = aligned(y, c) as [Tensor, Tensor];
  return y.add(beta === 1 ? bias : bias.mul(beta));
};

const matmul: Operator = (call) => {
  const [a, b] = [call.tensor(0), call.tensor(1)];
  if (a.rank < 2 || b.rank < 2) return call.fail(`ranks ${a.rank} and ${b.rank}; matrices are supported`);
  return a.matmul(b);
};

const whereOperator: Operator = (call) => {
  const [c, a, b] = aligned(call.tensor(0), call.tensor(1), call.tensor(2)) as [Tensor, Tensor, Tensor];
  return where(c, a, b);
};

/** A slope is stretched over the leading axes only where ranks differ. */
const prelu: Operator = (call) => {
  const [x, slope] = aligned(call.tensor(0), call.tensor(1)) as [Tensor, Tensor];
  return F.leakyRelu(x, { negativeSlope: slope });
};

const mod: Operator = (call) => {
  const [a, b] = [call.value(0), call.value(1)];
  const remainder = (x: number, y: number): number => x - y * Math.floor(x / y);
  if (a instanceof Integers && b instanceof Integers) return zipped(call, a, b, remainder);
  const [x, y] = aligned(call.tensor(0).cast("float64"), call.tensor(1).cast("float64")) as [Tensor, Tensor];
  const truncated = call.int("fmod", 0) === 1;
  const whole = truncated ? x.div(y).cast("int32").cast("float64") : x.div(y).floor();
  return x.sub(whole.mul(y)).cast(call.tensor(0).dtype);
};

const hardSigmoid: Operator = (call: Call) =>
  call.tensor(0).mul(call.float("alpha", 0.2)).add(call.float("beta", 0.5)).clamp(0, 1);

export const elementwiseOperators: Readonly<Record<string, Operator>> = {
  Add: binary(
    (a, b) => a.add(b),
    (x, y) => x + y,
  ),
  Sub: binary(
    (a, b) => a.sub(b),
    (x, y) => x - y,
  ),
  Mul: binary(
    (a, b) => a.mul(b),
    (x, y) => x * y,
  ),
  Div: binary(divide, (x, y) => (y === 0 ? 0 : x / y)),
  Mod: mod,
  Pow: binary((a, b) => a.pow(b.cast(a.dtype))),
  Sum: fold((a, b) => a.add(b)),
  Max: fold((a, b) => a.maximum(b)),
  Min: fold((a, b) => a.minimum(b)),
  Neg: unary((x) => x.neg()),
  Abs: unary((x) => x.abs()),
  Sign: unary((x) => x.sign()),
  Exp: unary((x) => x.exp()),
  Log: unary((x) => x.log()),
  Sqrt: unary((x) => x.sqrt()),
  Reciprocal: unary((x) => x.reciprocal()),
  Erf: unary((x) => x.erf()),
  Sin: unary((x) => x.sin()),
  Cos: unary((x) => x.cos()),
  Floor: unary((x) => x.floor()),
  Ceil: unary((x) => x.ceil()),
  Round: unary((x) => x.round()),
  Tanh: unary((x) => x.tanh()),
  Sigmoid: unary((x) => x.sigmoid()),
  IsNaN: unary(notANumber),
  IsInf: unary((x) => finite(x).logicalOr(notANumber(x)).logicalNot()),
  Not: unary((x) => x.logicalNot()),
  And: binary((a, b) => a.logicalAnd(b)),
  Or: binary((a, b) => a.logicalOr(b)),
  Xor: binary((a, b) => a.cast("int32").notEqual(b.cast("int32"))),
  Equal: binary((a, b) => a.equal(b)),
  Less: binary((a, b) => a.less(b)),
  LessOrEqual: binary((a, b) => a.lessEqual(b)),
  Greater: binary((a, b) => a.greater(b)),
  GreaterOrEqual: binary((a, b) => a.greaterEqual(b)),
  Where: whereOperator,
  Cast: cast,
  Clip: clip,
  Relu: unary(F.relu),
  LeakyRelu: (call) => F.leakyRelu(call.tensor(0), { negativeSlope: call.float("alpha", 0.01) }),
  PRelu: prelu,
  Elu: (call) => F.elu(call.tensor(0), { alpha: call.float("alpha", 1) }),
  Selu: unary(F.selu),
  Softplus: unary(F.softplus),
  Softsign: unary(F.softsign),
  HardSigmoid: hardSigmoid,
  HardSwish: unary(F.hardSwish),
  Mish: unary(F.mish),
  Gemm: gemm,
  MatMul: matmul,
};
