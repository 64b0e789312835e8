/**
 * The most multiply-adds that a core can do: chains of them in registers, without memory. A kernel's share of this peak
 * says how far it is from the machine's limit.
 */

import { type FunctionHandle, f32x4, i32, type ModuleBuilder, v128 } from "../assembler/index.ts";
import { type CodeOptions, fused, pointers, type Stage, signature } from "./kernel.ts";
import type { Arguments } from "./shaped.ts";

/** As many chains as hide the latency of a multiply-add and stay in registers, twice as many where pairs are joined. */
const chainsOf = ({ wide = false }: CodeOptions): number => (wide ? 24 : 12);
const UNROLL = 4;
/** Rounds of one task: some tens of microseconds. */
const ROUNDS = 2000;

/** Floating-point operations of one task. */
export const peakFlops = (options: CodeOptions): number => ROUNDS * UNROLL * chainsOf(options) * 4 * 2;

/** Bytes that a thread writes its chains into, `local`. */
export const peakLocal = (options: CodeOptions): number => 16 * chainsOf(options);

/** `tasks` tasks of `PEAK_FLOPS` each. */
export function peakStage(options: CodeOptions, tasks: number): Stage {
  const parameters = pointers("local");
  const key = `peak${options.relaxed ? " relaxed" : ""}${options.wide ? " wide" : ""}`;
  const { madd } = fused(options);
  return {
    key,
    parameters,
    tasks: () => tasks,
    define: (module: ModuleBuilder): FunctionHandle =>
      module.function({ name: key, parameters: signature(parameters) }, (f, named) => {
        const p = named as Arguments;
        const chains = Array.from({ length: chainsOf(options) }, (_, i) => f.let(f32x4.splat(i)));
        const factor = f.let(f32x4.splat(0.5));
        f.while(
          () => i32.ltS(p.t0!, p.t1!),
          () => {
            f.repeat(ROUNDS, () => {
              for (let k = 0; k < UNROLL; k++) for (const chain of chains) f.set(chain, madd(chain, factor, factor));
            });
            f.increment(p.t0!, 1);
          },
        );
        // Chains that nobody reads would be left out.
        for (let i = chains.length - 1; i >= 0; i--) f.do(v128.store(p.local!, chains[i]!, 16 * i));
      }),
  };
}
