/**
 * Which executor runs: the one that was chosen, else the one that the entry package installed.
 */

import { OptionError, StateError } from "../errors/errors.ts";
import { referenceExecutor } from "../reference/executor.ts";
import { session } from "../session.ts";
import { checkingExecutor } from "./checking/executor.ts";
import type { Executor } from "./executor.ts";

/** The executor in use, made on first need. */
export function currentExecutor(): Executor {
  const executor: Executor = session.executor ?? makeDefault();
  session.executor = executor;
  return executor;
}

/** The default executor: what the imported package installed. */
const makeDefault = (): Executor => (session.executorFactory ?? referenceExecutor)();

/**
 * Chooses the executor for everything evaluated from now on: `"reference"`, `"default"` (what the imported package
 * installed), `"checking"` (the default one, every kernel of it compared with the reference), or an executor object.
 * Returns a disposable that switches back.
 *
 * @example { using _ = useExecutor("reference"); await y.data(); }
 */
export function useExecutor(choice: "reference" | "default" | "checking" | Executor): Disposable {
  if (session.trace !== undefined) throw new StateError({ summary: "the executor cannot be changed inside compile" });
  const before = session.executor;
  if (choice === "reference") session.executor = before?.name === "reference" ? before : referenceExecutor();
  else if (choice === "default") session.executor = undefined;
  else if (choice === "checking")
    session.executor = before?.name === "checking" ? before : checkingExecutor(makeDefault());
  else if (typeof choice === "object" && choice !== null) session.executor = choice;
  else
    throw new OptionError({
      op: "useExecutor",
      summary: `unknown executor ${String(choice)}`,
      fix: '"reference", "default", "checking" or an executor object',
    });
  session.epoch++;
  return {
    [Symbol.dispose]() {
      session.executor = before;
      session.epoch++;
    },
  };
}
