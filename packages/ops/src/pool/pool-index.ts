/**
 * Indices into H×W planes that no max-pooling made: handed on when each is −1 or inside its plane, an `IndexError` when
 * they run otherwise. index: int32 [N, C, H', W'] → the same.
 */

import {
  type Attributes,
  defineOp,
  IndexError,
  notDifferentiable,
  positionAt,
  type Tensor,
  type TensorSpec,
} from "@prewitt/core";

export interface PoolIndexAttributes extends Attributes {
  /** The function that was given the index. */
  readonly of: string;
  /** Height and width of the plane. */
  readonly inputSize: readonly [number, number];
}

export const poolIndexOp = defineOp<PoolIndexAttributes>({
  name: "poolIndex",
  inputNames: ["index"],
  infer: ({ inputs }) => inputs[0] as TensorSpec,
  flops: () => 0,
  vjp: notDifferentiable("indices are whole numbers"),
  lower: ({ inputs, outputs, attributes: { of, inputSize } }) => ({
    kind: "host",
    reads: inputs,
    writes: outputs,
    call: ([given], [taken]) => {
      if (given === undefined || taken === undefined) return;
      const plane = inputSize[0] * inputSize[1];
      const bad = given.data.findIndex((value) => value < -1 || value >= plane);
      if (bad >= 0) throw outside(of, given.data[bad] as number, positionAt(given.shape, bad), inputSize);
      taken.data.set(given.data);
    },
  }),
});

function outside(
  of: string,
  value: number,
  position: readonly number[],
  [h, w]: readonly [number, number],
): IndexError {
  return new IndexError({
    op: of,
    summary: `index ${value} at position [${position.join(", ")}] is outside the H×W plane of ${h} × ${w}`,
    problems: [`index = ${value}, but −1 ≤ index < ${h * w} is demanded`],
    fix: `keep indices in 0 … ${h * w - 1}, row-major in each plane, or −1 for no place`,
  });
}

/** The index, looked at when it runs unless `maxPool2dWithIndex` made it over planes of the same size. */
export function checkedIndex(of: string, index: Tensor, inputSize: readonly [number, number]): Tensor {
  const { op, inputs } = index.node;
  const [h, w] = inputs[0]?.shape.slice(2) ?? [];
  if (op.name === "maxPool2d" && h === inputSize[0] && w === inputSize[1]) return index;
  return poolIndexOp.apply([index], { of, inputSize });
}
