/** Kernels with other choices that keep every bit, for the autotuner. */

import type { Alternative, LoweredKernel } from "./lowered.ts";

/** One alternative for every set of choices; the label lists them. */
export function alternativesOf<V extends object>(
  choices: readonly V[],
  make: (choice: V) => LoweredKernel,
): readonly Alternative[] {
  return choices.map((choice) => {
    const label = describe(choice);
    return {
      label,
      make: () => {
        const lowered = make(choice);
        return { ...lowered, kernel: { ...lowered.kernel, variant: `${lowered.kernel.variant}, tuned: ${label}` } };
      },
    };
  });
}

/** `tileRows 4, packA` */
function describe(choice: object): string {
  const words = Object.entries(choice).map(([key, value]) => {
    if (typeof value === "object") return describe(value as object);
    if (typeof value === "boolean") return value ? key : `no ${key}`;
    return `${key} ${value}`;
  });
  return words.join(", ");
}
