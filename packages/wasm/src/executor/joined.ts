/** Kernels in the form in which programs that run often have them: compiled with joined vectors (see wide-vectors.ts). */

import type { Stage } from "../kernels/kernel.ts";
import type { LoweredKernel } from "./lowered.ts";

const joinedStage = (stage: Stage): Stage => ({ ...stage, key: `${stage.key} joined`, joined: true });

/** The kernel and its alternatives, to be compiled with joined vectors. */
export function joinedForm(lowered: LoweredKernel): LoweredKernel {
  const { kernel, alternatives } = lowered;
  return {
    ...lowered,
    kernel: { ...kernel, stages: kernel.stages.map(joinedStage) },
    alternatives: alternatives?.map((choice) => ({ ...choice, make: () => joinedForm(choice.make()) })),
  };
}
