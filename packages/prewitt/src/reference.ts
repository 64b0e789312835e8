/**
 * The same as `prewitt`, with the reference executor: plain loops, no threads and no generated code.
 */

import { referenceExecutor, session } from "@prewitt/core";

session.executorFactory = () => referenceExecutor();

export * from "@prewitt/core";
export * as nn from "@prewitt/nn";
export * from "@prewitt/ops";
export { allOps, flatten } from "./joined.ts";
