/**
 * `contract`: out[b…, m, n] = Σ_k a[b…, m, k] · b[b…, k, n], any strides, each sum in the order of k.
 *
 * a is packed in groups of four rows, [m / 4, k, 4]; b in panels of eight columns, [k, 8], each read by all rows.
 */

import type { ContractKernel } from "../program/kernels.ts";
import type { Operand } from "../program/operand.ts";
import { isFloat, type TypedArray } from "../tensor/dtype.ts";
import type { KernelContext, Launch } from "./context.ts";
import { makeNest, walk } from "./nest.ts";
import { inOrder, stageEpilogue } from "./stage.ts";
import { type AddTaps, addTaps, addTapsInt, copyRows, makeTaps, ROWS, roundUp } from "./tiles.ts";

const COLUMNS = 8;

export function compileContract(kernel: ContractKernel, context: KernelContext): Launch {
  const { operand: write, copy } = stageEpilogue(kernel, context);
  const [left, right] = kernel.reads as [Operand, Operand];
  const { batch, m, n, k } = kernel;
  const operands = [left, right, write];
  const axes = batch.map((_, axis) => axis);
  const nest = makeNest({ shape: batch, outerAxes: axes, strides: operands.map((o) => o.strides.slice(0, -2)) });
  const [aRow, aColumn] = left.strides.slice(-2) as [number, number];
  const [bRow, bColumn] = right.strides.slice(-2) as [number, number];
  const [outRow, outColumn] = write.strides.slice(-2) as [number, number];

  const inFloat = isFloat(context.dtypeOf(left.buffer));
  const dtype = inFloat ? "float64" : "int32";
  const add = (inFloat ? addTaps : addTapsInt) as AddTaps<TypedArray>;
  const rows = context.scratch(dtype, roundUp(m, ROWS) * k);
  const panel = context.scratch(dtype, k * COLUMNS);
  const tile = context.scratch(dtype, ROWS * COLUMNS);
  const taps = makeTaps(k);
  taps.count = k;
  for (let t = 0; t < k; t++) {
    taps.source[t] = t * COLUMNS;
    taps.weight[t] = t * ROWS;
  }
  const line = { at: 0, step: 1 };

  const run: Launch = (arrays) => {
    const [a, b, out] = operands.map((o) => arrays[o.buffer]!) as [TypedArray, TypedArray, TypedArray];
    const [packed, columns, acc] = [arrays[rows]!, arrays[panel]!, arrays[tile]!];
    const offsets = operands.map((o) => o.offset) as [number, number, number];
    walk(nest, 0, nest.extents.length, offsets, [], () => {
      packRows(packed, a, offsets[0], aRow, aColumn, m, k);
      for (let j = 0; j < n; j += COLUMNS) {
        const width = Math.min(COLUMNS, n - j);
        copyRows(columns, [0, COLUMNS, 1], b, [offsets[1] + j * bColumn, bRow, bColumn], k, width);
        for (let i = 0; i < m; i += ROWS) {
          acc.fill(0);
          add(acc, line, COLUMNS, columns, line, packed, i * k, taps, width);
          const to = offsets[2] + i * outRow + j * outColumn;
          copyRows(out, [to, outRow, outColumn], acc, [0, COLUMNS, 1], Math.min(ROWS, m - i), width);
        }
      }
    });
  };
  return inOrder(run, copy);
}

function packRows(
  target: TypedArray,
  source: TypedArray,
  at: number,
  row: number,
  column: number,
  m: number,
  k: number,
): void {
  target.fill(0);
  for (let i = 0; i < m; i++) {
    const to = Math.floor(i / ROWS) * ROWS * k + (i % ROWS);
    copyRows(target, [to, 0, ROWS], source, [at + i * row, 0, column], 1, k);
  }
}
