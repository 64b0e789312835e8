/**
 * Which executor runs: the one that was chosen, else the one that the entry package installed.
 */

import { OptionError, StateError } from "../errors/errors.ts";
import { referenceExecutor } from "../reference/executor.ts";
import { session } from "../session.ts";
import type { Executor } from "./executor.ts";

/** The executor in use, made on first need. */
export function currentExecutor(): Executor {
  const executor: Executor = session.executor ?? (session.executorFactory ?? referenceExecutor)();
  session.executor = executor;
  return executor;
}

/**
 * Chooses the executor for everything evaluated from now on: `"reference"`, `"default"` (what the imported package
 * installed), or an executor object. Returns a disposable that switches back.
 *
 * @example { using _ = useExecutor("reference"); await y.data(); }
 */
export function useExecutor(choice: "reference" | "default" | Executor): Disposable {
  if (session.trace !== undefined) throw new StateError({ summary: "the executor cannot be changed inside compile" });
  const before = session.executor;
  if (choice === "reference") session.executor = before?.name === "reference" ? before : referenceExecutor();
  else if (choice === "default") session.executor = undefined;
  else if (typeof choice === "object" && choice !== null) session.executor = choice;
  else
    throw new OptionError({
      op: "useExecutor",
      summary: `unknown executor ${String(choice)}`,
      fix: '"reference", "default" or an executor object',
    });
  session.epoch++;
  return {
    [Symbol.dispose]() {
      session.executor = before;
      session.epoch++;
    },
  };
}
