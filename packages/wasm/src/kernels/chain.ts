/** One kernel from several that run one after another, such as packing the weights and convolving with them. */

import { alignLine, type Kernel } from "./kernel.ts";

/**
 * The stages of all kernels in order. `shared` names buffers that one kernel writes and another reads, with their bytes;
 * the scratch buffers of the kernels keep their names, so kernels that use the same name share the memory.
 */
export function chain(kernels: readonly Kernel[], shared: Readonly<Record<string, number>> = {}): Kernel {
  const main = kernels.at(-1) as Kernel;
  return {
    variant: main.variant,
    stages: kernels.flatMap((k) => k.stages),
    scratch: (extents) => {
      const parts = kernels.map((k) => k.scratch(extents));
      const all: Record<string, number> = { ...shared };
      for (const part of parts)
        for (const [name, bytes] of Object.entries(part.shared)) all[name] = Math.max(all[name] ?? 0, alignLine(bytes));
      return { shared: all, local: Math.max(...parts.map((p) => p.local)) };
    },
    flops: main.flops,
  };
}
