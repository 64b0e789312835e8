/**
 * Packs weights (O, I, kh, kw) for the direct kernels: panels of 4·vectors result channels, in the order in which the
 * register tile consumes them. A kernel of its own, so that the result can be kept until the weights change. One task is
 * one panel of one group, in all phases.
 */

import { type FunctionBuilder, f32, f32x4, i32, type Local, type Value, v128 } from "../assembler/index.ts";
import { firstChannel, forPanel, type PanelSize } from "./direct-panels.ts";
import { type DirectPlan, groupBytes, packedBytes, phaseBytes, phaseSteps } from "./direct-plan.ts";
import { type Kernel, pointers, type Stage, signature } from "./kernel.ts";

/** Stage (w, packed): `packedBytes(plan)` bytes into `packed`. */
export function directWeights(plan: DirectPlan, key: string): Kernel {
  const { work, panelCount } = plan;
  const stage: Stage = {
    key: `directWeights ${key}`,
    parameters: pointers("w", "packed"),
    tasks: () => work.groups * panelCount,
    define: (module) =>
      module.function({ name: stage.key, parameters: signature(stage.parameters) }, (f, named) => {
        const p = named as Record<string, Local<"i32">>;
        const t = f.local("i32");
        f.for(t, p.t0!, p.t1!, 1, () => {
          const group = f.let(i32.divU(t, panelCount));
          const panel = f.let(i32.sub(t, i32.mul(group, panelCount)));
          const first = firstChannel(f, plan, panel);
          const column = i32.mul(first, work.weights.result * 4);
          const source = f.let(i32.add(i32.add(p.w!, i32.mul(group, work.weights.group * 4)), column));
          const target = f.let(i32.add(p.packed!, i32.mul(group, groupBytes(plan))));
          forPanel(f, plan, panel, (size) => packPanel(f, plan, source, target, first, size));
        });
      }),
  };
  return { variant: "packed weights", stages: [stage], scratch: () => ({ shared: {}, local: 0 }), flops: () => 0 };
}

export const directWeightBytes = packedBytes;

/** A panel whose first result channel is `first`; what is packed beyond its channels is zero. */
function packPanel(
  f: FunctionBuilder,
  plan: DirectPlan,
  source: Local<"i32">,
  target: Local<"i32">,
  first: Local<"i32">,
  { channels, packed }: PanelSize,
): void {
  const { work } = plan;
  const phaseStart = f.let(target);
  for (const phase of work.phases) {
    const to = f.let(i32.add(phaseStart, i32.mul(first, phaseSteps(work, phase) * 4)));
    for (const ky of phase.y.taps) {
      for (const kx of phase.x.taps) {
        const from = f.let(i32.add(source, (ky * work.weights.row + kx) * 4));
        f.repeat(work.contracted, () => {
          if (plan.inner) f.do(f32.store(to, f32.load(from)));
          for (let v = 0; 4 * v < packed && !plan.inner; v++) {
            f.do(v128.store(to, gather(from, work.weights.result * 4, 4 * v, Math.min(4, channels - 4 * v)), 16 * v));
          }
          f.increment(from, work.weights.contracted * 4);
          f.increment(to, packed * 4);
        });
      }
    }
    f.increment(phaseStart, phaseBytes(plan, phase));
  }
}

/** `lanes` floats at a constant stride; zeros beyond. */
export function gather(from: Local<"i32">, stride: number, first: number, lanes: number): Value<"v128"> {
  if (lanes <= 0) return f32x4.splat(0);
  let vector = v128.load32Zero(from, first * stride);
  for (let lane = 1; lane < lanes; lane++) vector = v128.load32Lane(from, vector, lane, (first + lane) * stride);
  return vector;
}
