/**
 * Puts the methods on `Tensor`: the only file of core with a side effect, which its import installs.
 *
 * The table is typed by `TensorMethods`, so a method that is declared and missing here does not compile.
 */

import { stopGradient } from "../autodiff/stop-gradient.ts";
import * as ops from "../primitives/index.ts";
import { detach, readArray, readArraySync, readData, readDataSync, readItem, readItemSync } from "../run/read.ts";
import { expectShape } from "./expect-shape.ts";
import { formatSummary, formatTensor } from "./format.ts";
import type { TensorMethods } from "./methods-type.ts";
import { Tensor } from "./tensor.ts";

type Methods = {
  readonly [Name in keyof TensorMethods]: (
    x: Tensor,
    ...rest: Parameters<TensorMethods[Name]>
  ) => ReturnType<TensorMethods[Name]>;
};

/** Each takes the tensor first. */
const methods: Methods = {
  data: readData,
  item: readItem,
  array: readArray,
  dataSync: readDataSync,
  itemSync: readItemSync,
  arraySync: readArraySync,
  summary: async (x) => formatSummary(x, await readData(x)),
  toString: formatTensor,

  add: ops.add,
  sub: ops.sub,
  mul: ops.mul,
  div: ops.div,
  pow: ops.pow,
  maximum: ops.maximum,
  minimum: ops.minimum,
  neg: ops.neg,
  abs: ops.abs,
  sign: ops.sign,
  exp: ops.exp,
  expm1: ops.expm1,
  log: ops.log,
  log1p: ops.log1p,
  sqrt: ops.sqrt,
  square: ops.square,
  reciprocal: ops.reciprocal,
  tanh: ops.tanh,
  sigmoid: ops.sigmoid,
  erf: ops.erf,
  sin: ops.sin,
  cos: ops.cos,
  floor: ops.floor,
  ceil: ops.ceil,
  round: ops.round,
  clamp: ops.clamp,
  cast: ops.cast,
  equal: ops.equal,
  notEqual: ops.notEqual,
  less: ops.less,
  lessEqual: ops.lessEqual,
  greater: ops.greater,
  greaterEqual: ops.greaterEqual,
  logicalAnd: ops.logicalAnd,
  logicalOr: ops.logicalOr,
  logicalNot: ops.logicalNot,
  isNaN: ops.isNaN,
  isFinite: ops.isFinite,
  where: ops.where,

  sum: ops.sum,
  mean: ops.mean,
  max: ops.max,
  min: ops.min,
  variance: ops.variance,
  argmax: ops.argmax,
  argmin: ops.argmin,

  reshape: ops.reshape,
  transpose: ops.transpose,
  broadcastTo: ops.broadcastTo,
  squeeze: ops.squeeze,
  unsqueeze: ops.unsqueeze,
  slice: ops.slice,
  pad: ops.pad,
  flip: ops.flip,
  gather: ops.gather,
  take: ops.take,
  matmul: ops.matmul,
  concat: (x, others, axis) => ops.concat([x, ...others], axis),

  stopGradient,
  detach,
  expectShape,
};

function install(name: string | symbol, method: (x: Tensor, ...rest: never[]) => unknown): void {
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...rest: never[]) {
      return method(this, ...rest);
    },
    writable: true,
    configurable: true,
  });
}

/** Installs every method on `Tensor.prototype`. */
export function installMethods(): void {
  for (const [name, method] of Object.entries(methods))
    install(name, method as (x: Tensor, ...rest: never[]) => unknown);
  // What console.log prints in Node.
  install(Symbol.for("nodejs.util.inspect.custom"), formatTensor);
}

installMethods();
