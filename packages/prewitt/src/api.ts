/**
 * What a script or notebook imports from one place: tensors, ops, gradients, `compile`, and `nn`. Chooses no executor.
 */

import { allOps as baseOps, type Op } from "@prewitt/core";
import { allOps as networkOps } from "@prewitt/ops";

export * from "@prewitt/core";
export * as nn from "@prewitt/nn";
export * from "@prewitt/ops";
// core has a `flatten` of trees too; here the name means the op on tensors.
export { flatten } from "@prewitt/ops";

/** Every op of the library: base ops and those of networks. */
// biome-ignore lint/suspicious/noExplicitAny: ops of any attributes
export const allOps: readonly Op<any>[] = [...baseOps, ...networkOps];
