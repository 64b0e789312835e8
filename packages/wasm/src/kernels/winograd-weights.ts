/**
 * Winograd filter transform: U = G g Gᵀ from weights in logical order (O, I, 3, 3) to panels U[36][O/8][I][8]. For the
 * input gradient the kernels are flipped and the axes swapped: U[36][I/8][O][8] of g′[2 − ky][2 − kx]. A kernel of its
 * own, so that the result can be kept until the weights change. One task is one panel of eight columns.
 */

import { type FunctionBuilder, i32, type Local, type Value, v128 } from "../assembler/index.ts";
import type { ConvShape } from "./conv-shape.ts";
import { type CodeOptions, type Fused, fused, hoisted, type Kernel, pointers, signature } from "./kernel.ts";
import { FILTER_CONSTANTS, filterTransform } from "./winograd-matrices.ts";
import { filterPitch, panelBytes } from "./winograd-plan.ts";

export interface WinogradWeightsSpec extends CodeOptions {
  /** The shape of the forward convolution. */
  readonly shape: ConvShape;
  readonly direction: "forward" | "inputGradient";
}

/** Stage (w, packed): `filterBytes(rows, columns)` bytes into `packed`. */
export function winogradWeights({ shape, direction, relaxed }: WinogradWeightsSpec): Kernel {
  const gradient = direction === "inputGradient";
  // Rows run over what is contracted, columns over what the result has.
  const rows = gradient ? shape.filters : shape.channels;
  const columns = gradient ? shape.channels : shape.filters;
  const rowStep = (gradient ? shape.channels : 1) * 36;
  const columnStep = (gradient ? 1 : shape.channels) * 36;
  const key = `winogradWeights ${direction} ${shape.channels}→${shape.filters}${relaxed ? "" : " plain"}`;
  const arithmetic = fused({ relaxed });
  const parameters = pointers("w", "packed");

  const filter = (f: FunctionBuilder, ops: Fused, w: Local<"i32">, u: Local<"i32">, width: number): void => {
    const tap = (k: number): number => 4 * (gradient ? 8 - k : k);
    const lanes = (k: number): Value<"v128"> =>
      [1, 2, 3].reduce<Value<"v128">>(
        (vector, lane) => v128.load32Lane(w, vector, lane, tap(k) + lane * columnStep),
        v128.load32Zero(w, tap(k)),
      );
    const columnsOfSix = [0, 1, 2].map((kx) =>
      filterTransform(
        f,
        ops,
        [0, 1, 2].map((ky) => f.let(lanes(3 * ky + kx))),
      ).map((value) => f.let(value)),
    );
    for (let j = 0; j < 6; j++) {
      filterTransform(
        f,
        ops,
        columnsOfSix.map((column) => column[j]!),
      ).forEach((value, k) => {
        f.do(v128.store(u, value, (6 * j + k) * filterPitch(rows, columns)));
      });
    }
    f.increment(w, rowStep);
    f.increment(u, 4 * width);
  };

  const stage = {
    key,
    parameters,
    tasks: () => Math.ceil(columns / 8),
    define: (module: Parameters<Kernel["stages"][0]["define"]>[0]) =>
      module.function(
        { name: key, parameters: signature(parameters) as Record<"w" | "packed" | "t0" | "t1", "i32"> },
        (f, p) => {
          const t = f.local("i32");
          f.for(t, p.t0, p.t1, 1, () => {
            const panel = f.let(i32.add(p.packed, i32.mul(t, panelBytes(rows))));
            // The panel holds the constants until it is written.
            const ops = hoisted(f, arithmetic, panel, FILTER_CONSTANTS);
            const w = f.let(i32.add(p.w, i32.mul(t, 8 * columnStep)));
            // Both halves of a panel's row at once: each cache line is fetched and written back once.
            const halves = (count: number) => (): void => {
              const places = Array.from(
                { length: count },
                (_, half) => [f.let(i32.add(w, half * 4 * columnStep)), f.let(i32.add(panel, 16 * half))] as const,
              );
              f.repeat(rows, () => {
                for (const [from, to] of places) filter(f, ops, from, to, count === 2 ? 8 : 4);
              });
            };
            if (columns % 8 === 0) halves(2)();
            else f.if(i32.ltS(t, Math.floor(columns / 8)), halves(2), halves(1));
          });
        },
      ),
  };
  return {
    variant: "winograd filter transform",
    stages: [stage],
    scratch: () => ({ shared: {}, local: 0 }),
    flops: () => 0,
  };
}
