/**
 * prewitt: a dataflow graph with automatic differentiation, made for convolutional networks: tensors, ops, gradients,
 * `compile`, and `nn`, from one place. Runs on the wasm executor.
 */

import { session } from "@prewitt/core";
import { wasmExecutor } from "@prewitt/wasm";

session.executorFactory = () => wasmExecutor();

// Each entry names the packages itself: a bundler loses `export *` of another package behind a file of its own.
export * from "@prewitt/core";
export * as nn from "@prewitt/nn";
export * from "@prewitt/ops";
export { allOps, flatten } from "./joined.ts";
