/**
 * Winograd convolution F(4×4, 3×3), forward or input gradient (the same computation on dy with the other filters), from
 * transformed filters. Fused: a task transforms a block of tiles into its thread's scratch, multiplies and transforms
 * back, so that only filters travel from afar.
 */

import { i32, type Local, type ModuleBuilder } from "../assembler/index.ts";
import { type ConvShape, convFlops, shapeKey } from "./conv-shape.ts";
import { type Epilogue, epilogueKey, epilogueParameters } from "./epilogue.ts";
import { alignLine, type CodeOptions, fused, type Kernel, pointers, type Stage, signature } from "./kernel.ts";
import {
  channelsTogether,
  clearInputScratch,
  defineInputTransform,
  type InputTransform,
  inputScratch,
} from "./winograd-input.ts";
import { defineMultiply } from "./winograd-multiply.ts";
import { defineOutputTransform, OUTPUT_SCRATCH } from "./winograd-output.ts";
import { blockCount, POINTS, type WinogradPlan, type WinogradVariant, winogradPlan } from "./winograd-plan.ts";

export interface WinogradSpec extends CodeOptions {
  /** The shape computed: for the input gradient, `transposedShape` of the forward one. */
  readonly shape: ConvShape;
  readonly epilogue?: Epilogue;
  readonly variant?: WinogradVariant & { readonly blockTiles?: number };
}

export function inputTransformOf(plan: WinogradPlan): InputTransform {
  const [y, x] = plan.shape.axes;
  return {
    window: 6,
    channels: plan.channels,
    height: y.input,
    width: x.input,
    padY: y.padBefore,
    padX: x.padBefore,
    tilesY: plan.tilesY,
    tilesX: plan.tilesX,
    pitch: plan.pitchV,
    tileStep: plan.channels * 4,
    vectorStep: 16,
    together: channelsTogether(plan.channels),
  };
}

/** Stage (x, u, y, batch, local, …epilogue). */
export function winogradFused({ shape, epilogue, relaxed, variant = {} }: WinogradSpec): Kernel {
  const plan = winogradPlan(shape, variant.blockTiles ?? 24, variant);
  const key = `winograd ${shapeKey(shape)} b${plan.blockRows} r${plan.tileRows} g${plan.groupFilters} u${plan.unroll}${relaxed ? "" : " plain"}${epilogueKey(epilogue)}`;
  const parameters = [...pointers("x", "u", "y", "batch", "local"), ...epilogueParameters(epilogue)];
  const input = inputTransformOf(plan);
  const offsetV = alignLine(inputScratch(input));
  const offsetM = offsetV + POINTS * plan.pitchV;
  const offsetOut = offsetM + POINTS * plan.pitchM;
  const stage: Stage = {
    key,
    parameters,
    tasks: ({ batch }) => blockCount(plan, batch!),
    define: (module: ModuleBuilder) => {
      const ops = fused({ relaxed });
      const transform = defineInputTransform(module, `${key} input`, input, ops);
      const multiply = defineMultiply(module, `${key} multiply`, plan, ops);
      const output = defineOutputTransform(module, `${key} output`, plan, ops, epilogue);
      return module.function({ name: key, parameters: signature(parameters) }, (f, named) => {
        const p = named as Record<string, Local<"i32">>;
        const extra = epilogueParameters(epilogue).map(({ name }) => p[name]!);
        const [local, t] = [p.local!, f.local("i32")];
        const rows = f.let(i32.mul(p.batch!, plan.tilesY));
        const v = f.let(i32.add(local, offsetV));
        const m = f.let(i32.add(local, offsetM));
        const scratch = f.let(i32.add(local, offsetOut));
        clearInputScratch(f, input, local);
        f.for(t, p.t0!, p.t1!, 1, () => {
          const row0 = f.let(i32.mul(t, plan.blockRows));
          const past = f.let(i32.add(row0, plan.blockRows));
          const row1 = f.let(i32.minS(past, rows));
          const tiles = f.let(i32.mul(i32.sub(row1, row0), plan.tilesX));
          f.do(f.call(transform, [p.x!, v, local, row0, row1]));
          const channel = f.let(i32.const(0));
          const u = f.let(p.u!);
          f.doWhile(() => {
            const past = f.let(i32.add(channel, plan.groupFilters * 4));
            const end = f.let(i32.minS(past, plan.filters * 4));
            const filters = f.let(i32.sub(end, channel));
            f.repeat(POINTS, (i) => {
              f.do(
                f.call(multiply, [
                  i32.add(v, i32.mul(i, plan.pitchV)),
                  i32.add(u, i32.mul(i, plan.pitchU)),
                  i32.add(m, i32.mul(i, plan.pitchM)),
                  tiles,
                  filters,
                ]),
              );
            });
            f.do(f.call(output, [m, p.y!, scratch, row0, row1, channel, end, ...extra]));
            f.increment(u, (plan.groupFilters / 8) * POINTS * plan.pitchU);
            f.set(channel, end);
            return i32.ne(channel, plan.filters * 4);
          });
        });
      });
    },
  };
  return {
    variant: `winograd fused, block of ${plan.blockTiles}, ${plan.tileRows}×8`,
    stages: [stage],
    scratch: () => ({ shared: {}, local: alignLine(offsetOut + OUTPUT_SCRATCH) }),
    flops: ({ batch }) => convFlops(shape, batch!),
  };
}
