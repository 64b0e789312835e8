/**
 * prewitt: a dataflow graph with automatic differentiation, made for convolutional networks. Runs on the wasm executor.
 */

import { session } from "@prewitt/core";
import { wasmExecutor } from "@prewitt/wasm";

session.executorFactory = () => wasmExecutor();

export * from "./api.ts";
