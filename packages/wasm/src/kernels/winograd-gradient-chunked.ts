/**
 * Winograd weight gradient for few channels: tasks are runs of tile rows (chunks), transformed block by block into the
 * thread's scratch, with partial sums of their own in shared memory; a second stage adds these and transforms back.
 */

import { i32, type Local } from "../assembler/index.ts";
import { type ChunkRule, chunkCount, chunkKey, chunkRule, chunkStart, emitChunkCount } from "./conv-chunks.ts";
import { convFlops, shapeKey } from "./conv-shape.ts";
import { alignLine, type Fused, fused, type Kernel, pointers, type Stage, signature } from "./kernel.ts";
import { type AccumulatePlan, bytesOfM, defineAccumulate, pitchOfM, rowBytesOfM } from "./winograd-accumulate.ts";
import { productsOf, tilesOf, type WinogradWeightGradientSpec } from "./winograd-gradient-plan.ts";
import { clearInputScratch, defineInputTransform, inputScratch } from "./winograd-input.ts";
import { defineInverse, inverseScratch } from "./winograd-inverse.ts";
import { codeKey, POINTS } from "./winograd-plan.ts";

/** Tiles that a chunk should have, and bytes that all partial sums may take. */
const CHUNK_TILES = 128;
const PARTIAL_BYTES = 12e6;

/** Stages (x, dy, partial, batch, local) and (partial, dw, batch, local). */
export function chunkedGradient(spec: WinogradWeightGradientSpec): Kernel {
  const { shape, relaxed, variant = {} } = spec;
  const t = tilesOf(shape, 48, spec, variant.blockRows);
  const plan = productsOf(t, shape.filters, shape.channels, variant.unroll ?? (relaxed ? 4 : 1));
  const chunkBytes = alignLine(bytesOfM(plan));
  const rule = chunkRule(t.tilesY * t.tilesX, CHUNK_TILES, chunkBytes, PARTIAL_BYTES, variant.chunks);
  const ops = fused({ relaxed });
  const name = `winogradWeightGradient ${shapeKey(shape)} b${t.blockRows} ${chunkKey(rule)} u${plan.unroll}${codeKey(spec)}`;
  const offsetDy = alignLine(inputScratch(t.x));
  const offsetV = offsetDy + alignLine(inputScratch(t.dy));
  const offsetY = offsetV + POINTS * t.x.pitch;
  const local = alignLine(offsetY + POINTS * t.dy.pitch);

  const first: Stage = {
    key: `${name} accumulate`,
    parameters: pointers("x", "dy", "partial", "batch", "local"),
    tasks: ({ batch }) => chunkCount(rule, batch!),
    define: (module) => {
      const transformX = defineInputTransform(module, `${name} x`, t.x, ops);
      const transformY = defineInputTransform(module, `${name} dy`, t.dy, ops);
      const multiply = defineAccumulate(module, `${name} multiply`, plan, ops);
      return module.function({ name: first.key, parameters: signature(first.parameters) }, (f, named) => {
        const p = named as Record<string, Local<"i32">>;
        const scratchY = f.let(i32.add(p.local!, offsetDy));
        const v = f.let(i32.add(p.local!, offsetV));
        const y = f.let(i32.add(p.local!, offsetY));
        const rows = f.let(i32.mul(p.batch!, t.tilesY));
        clearInputScratch(f, t.x, p.local!);
        clearInputScratch(f, t.dy, scratchY);
        const chunks = emitChunkCount(f, rule, p.batch!);
        const chunk = f.local("i32");
        f.for(chunk, p.t0!, p.t1!, 1, () => {
          const start = f.let(chunkStart(chunk, rows, chunks));
          const end = f.let(chunkStart(i32.add(chunk, 1), rows, chunks));
          const m = f.let(i32.add(p.partial!, i32.mul(chunk, chunkBytes)));
          const row = f.let(start);
          // An empty chunk still runs once, over no tiles, to write its zeros.
          f.doWhile(() => {
            const past = f.let(i32.add(row, t.blockRows));
            const stop = f.let(i32.minS(past, end));
            f.do(
              f.call(transformX, [p.x!, v, p.local!, row, stop]),
              f.call(transformY, [p.dy!, y, scratchY, row, stop]),
            );
            f.repeat(POINTS, (i) => {
              f.do(
                f.call(multiply, [
                  i32.add(y, i32.mul(i, t.dy.pitch)),
                  i32.add(v, i32.mul(i, t.x.pitch)),
                  i32.add(m, i32.mul(i, pitchOfM(plan))),
                  i32.mul(i32.sub(stop, row), t.tilesX),
                  i32.eq(row, start),
                ]),
              );
            });
            f.set(row, stop);
            return i32.ltS(row, end);
          });
        });
      });
    },
  };
  const second = inverseStage(name, spec, plan, rule, chunkBytes, ops);
  return {
    variant: `winograd weight gradient, ${chunkKey(rule)} chunks`,
    stages: [first, second],
    scratch: ({ batch }) => ({
      shared: { partial: chunkCount(rule, batch!) * chunkBytes },
      local: Math.max(local, inverseScratch(plan)),
    }),
    flops: ({ batch }) => convFlops(shape, batch!),
  };
}

/** Stage (partial, dw, batch, local): a task makes the gradient of four filters. */
function inverseStage(
  name: string,
  { shape, wide = false }: WinogradWeightGradientSpec,
  plan: AccumulatePlan,
  rule: ChunkRule,
  chunkBytes: number,
  ops: Fused,
): Stage {
  const stage: Stage = {
    key: `${name} inverse`,
    parameters: pointers("partial", "dw", "batch", "local"),
    tasks: () => shape.filters / 4,
    define: (module) => {
      const inverse = defineInverse(
        module,
        `${name} inverse rows`,
        { ...plan, wide, allChannels: shape.channels, chunkBytes },
        ops,
      );
      return module.function({ name: stage.key, parameters: signature(stage.parameters) }, (f, named) => {
        const p = named as Record<string, Local<"i32">>;
        f.do(
          f.call(inverse, [
            i32.add(p.partial!, i32.mul(p.t0!, rowBytesOfM(plan))),
            i32.add(p.dw!, i32.mul(p.t0!, 4 * shape.channels * 36)),
            p.local!,
            i32.sub(p.t1!, p.t0!),
            emitChunkCount(f, rule, p.batch!),
          ]),
        );
      });
    },
  };
  return stage;
}
