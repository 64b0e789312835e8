/**
 * The same as `prewitt`, with the reference executor: plain loops, no threads and no generated code.
 */

import { referenceExecutor, session } from "@prewitt/core";

session.executorFactory = referenceExecutor;

export * from "./api.ts";
