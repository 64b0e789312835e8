/**
 * The weight gradient of a convolution without output positions: zeros.
 */

import { f32x4, i32, type Local, v128 } from "../assembler/index.ts";
import { type ConvShape, shapeKey } from "./conv-shape.ts";
import { type Kernel, pointers, type Stage, signature } from "./kernel.ts";
import { storeLanes } from "./tile.ts";

/** Stage (dw). A task is the gradient of one filter. */
export function zeroWeightGradient(shape: ConvShape): Kernel {
  const floats = shape.channels * shape.axes[0].kernel * shape.axes[1].kernel;
  const stage: Stage = {
    key: `zeroWeightGradient ${shapeKey(shape)}`,
    parameters: pointers("dw"),
    tasks: () => shape.groups * shape.filters,
    define: (module) =>
      module.function({ name: stage.key, parameters: signature(stage.parameters) }, (f, named) => {
        const p = named as Readonly<Record<string, Local<"i32">>>;
        const at = f.let(i32.add(p.dw!, i32.mul(p.t0!, floats * 4)));
        f.repeat(i32.sub(p.t1!, p.t0!), () => {
          f.repeat(Math.floor(floats / 4), () => {
            f.do(v128.store(at, f32x4.splat(0)));
            f.increment(at, 16);
          });
          if (floats % 4 > 0) f.do(...storeLanes(at, f32x4.splat(0), floats % 4));
          f.increment(at, (floats % 4) * 4);
        });
      }),
  };
  return { variant: "zeros", stages: [stage], scratch: () => ({ shared: {}, local: 0 }), flops: () => 0 };
}
