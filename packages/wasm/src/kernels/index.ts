/** Kernel generators by themselves, for the workspace's own measurements; not part of the published package. */

export { ModuleBuilder } from "../assembler/index.ts";
export { type ContractKernel, type ContractSpec, type ContractVariant, contractKernel } from "./contract.ts";
export { type ConvKernel, type ConvSpec, type ConvVariant, convKernel } from "./conv.ts";
export type { ConvAlgorithm, ConvDirection } from "./conv-choice.ts";
export type { ConvShape } from "./conv-shape.ts";
export { runAlone } from "./run-alone.ts";
