import {
  compile,
  customGradient,
  evaluate,
  formatSite,
  grad,
  guarded,
  NonFiniteError,
  OptionError,
  ones,
  referenceExecutor,
  settle,
  split,
  type Tensor,
  TraceError,
  tensor,
  uniform,
  useExecutor,
  Variable,
  withScope,
  zeros,
} from "@prewitt/core";
import { describe, expect, test } from "vitest";
import { countingExecutor } from "./counting-executor.ts";

const read = (t: Tensor | Variable): number[] => [...(t instanceof Variable ? t.read() : t).dataSync()];

describe("signatures", () => {
  test("one trace for one shape, whatever the values and numbers", () => {
    let calls = 0;
    const f = compile((x: Tensor, rate: number) => {
      calls++;
      return x.mul(rate);
    });
    expect(read(f(tensor([1, 2]), 3))).toEqual([3, 6]);
    expect(read(f(tensor([5, 6]), 0.5))).toEqual([2.5, 3]);
    expect([calls, f.traces]).toEqual([1, 1]);
  });

  test("shapes, dtypes, strings, booleans and the form of trees each trace anew, once", () => {
    const f = compile((x: { a: Tensor; b?: readonly Tensor[] | undefined }, mode: string, flag: boolean) => {
      const y = mode === "double" ? x.a.mul(2) : x.a;
      return flag ? y.add((x.b ?? [])[0] ?? 0) : y;
    });
    const a = tensor([1, 2]);
    const calls = (): number[][] => [
      read(f({ a }, "double", true)),
      read(f({ a }, "same", true)),
      read(f({ a }, "same", false)),
      read(f({ a, b: [a] }, "same", true)),
      read(f({ a: tensor([1, 2, 3]) }, "double", true)),
      read(f({ a: a.cast("float64") }, "double", true)),
    ];
    expect(calls()).toEqual([
      [2, 4],
      [1, 2],
      [1, 2],
      [2, 4],
      [2, 4, 6],
      [2, 4],
    ]); // prettier-ignore
    expect(f.traces).toBe(6);
    calls();
    expect(f.traces).toBe(6);
  });

  test("arguments of one shape but another form never share a trace", () => {
    const f = compile((x: Tensor | number | readonly Tensor[] | { readonly [key: string]: Tensor }, at?: string) => {
      if (typeof x === "number") return tensor(x);
      if (Array.isArray(x)) return (x as readonly Tensor[]).reduce((sum, t) => sum.add(t));
      const record = x as { readonly [key: string]: Tensor };
      return at === undefined ? (x as Tensor).mul(10) : (record[at] as Tensor);
    });
    const [a, b] = [tensor([1, 2]), tensor([3, 4])];
    const calls = (): number[][] => [
      read(f(a)),
      read(f([a])),
      read(f([a, b])),
      read(f({ a, b }, "a")),
      read(f({ a, b }, "b")),
      read(f({ b, a }, "b")),
      read(f({ a }, "a")),
    ];
    const expected = [
      [10, 20],
      [1, 2],
      [4, 6],
      [1, 2],
      [3, 4],
      [3, 4],
      [1, 2],
    ]; // prettier-ignore
    for (let i = 0; i < 3; i++) expect(calls()).toEqual(expected);
    expect(f.traces).toBe(7);
  });

  test("what a call returns remembers the module and the line that computed it", () => {
    const f = compile((x: Tensor) => withScope("net.head", () => x.mul(2)));
    const y = f(tensor([1]));
    expect(y.node.scope).toBe("net.head");
    expect(formatSite(y.node.site)).toMatch(/compile\.test\.ts:\d+:\d+$/);
  });

  test("trees come back as trees", () => {
    const f = compile((x: Tensor) => ({ sum: x.sum(), parts: [x.mul(2), x] }));
    const { sum, parts } = f(tensor([1, 2]));
    expect([read(sum), ...parts.map(read)]).toEqual([[3], [2, 4], [1, 2]]);
  });

  test("a function that returns nothing still assigns", () => {
    const count = new Variable(0);
    const f = compile(() => count.assign(count.read().add(1)));
    expect(f()).toBeUndefined();
    f();
    expect(read(count)).toEqual([2]);
  });

  test("arguments of other kinds are refused", () => {
    const f = compile((x: never) => x);
    expect(() => f((() => 1) as never)).toThrow(OptionError);
    expect(() => f(new Date() as never)).toThrow(/^\[compile\] an argument is a Date\n {2}fix: pass tensors, numbers/);
    expect(() => f(new Variable(1) as never)).toThrow("an argument is a Variable");
    expect(() => f(null as never)).toThrow("an argument is null");
  });

  test("library state that was read guards the trace", () => {
    const state = { training: true };
    const f = compile((x: Tensor) => (guarded(() => state.training) ? x.mul(2) : x));
    const x = tensor([1]);
    expect(read(f(x))).toEqual([2]);
    state.training = false;
    expect(read(f(x))).toEqual([1]);
    state.training = true;
    expect(read(f(x))).toEqual([2]);
    expect(f.traces).toBe(2);
  });

  test("another executor traces anew, and state moves along", () => {
    const v = new Variable(tensor([1]));
    const f = compile(() => v.assign(v.read().mul(2)));
    f();
    {
      using _ = useExecutor(referenceExecutor({ fuse: true }));
      f();
      f();
    }
    f();
    expect(read(v)).toEqual([16]);
    expect(f.traces).toBe(2);
  });

  test("a compiled function inside another is inlined", () => {
    const inner = compile((x: Tensor) => x.mul(2));
    const outer = compile((x: Tensor) => inner(x).add(1));
    expect(read(outer(tensor([3])))).toEqual([7]);
    expect([inner.traces, outer.traces]).toEqual([0, 1]);
  });
});

describe("state", () => {
  test("assignments chain inside one call, and reads see them", () => {
    const v = new Variable(tensor([1]));
    const f = compile(() => {
      const before = v.read();
      v.assign(v.read().add(1));
      v.assign(v.read().mul(10));
      return [before, v.read()];
    });
    expect(f().map(read)).toEqual([[1], [20]]);
    expect(f().map(read)).toEqual([[20], [210]]);
    expect(read(v)).toEqual([210]);
  });

  test.each([false, true])("a = b, b = a swaps (fused: %s)", (fuse) => {
    using _ = useExecutor(referenceExecutor({ fuse }));
    const a = new Variable(tensor([1, 2]));
    const b = new Variable(tensor([3, 4]));
    const swap = compile(() => {
      const [x, y] = [a.read(), b.read()];
      a.assign(y);
      b.assign(x);
    });
    swap();
    expect([read(a), read(b)]).toEqual([
      [3, 4],
      [1, 2],
    ]); // prettier-ignore
    swap();
    expect([read(a), read(b)]).toEqual([
      [1, 2],
      [3, 4],
    ]); // prettier-ignore
  });

  test.each([false, true])("variables that read one another are updated at once (fused: %s)", (fuse) => {
    using _ = useExecutor(referenceExecutor({ fuse }));
    const a = new Variable(tensor([1, 2]));
    const b = new Variable(tensor([3, 4]));
    const step = compile(() => {
      const [x, y] = [a.read(), b.read()];
      a.assign(x.add(y));
      b.assign(x.sub(y).flip(0));
      return x.mul(y);
    });
    expect(read(step())).toEqual([3, 8]);
    expect([read(a), read(b)]).toEqual([
      [4, 6],
      [-2, -2],
    ]); // prettier-ignore
    expect(read(step())).toEqual([-8, -12]);
    expect([read(a), read(b)]).toEqual([
      [2, 4],
      [8, 6],
    ]); // prettier-ignore
  });

  test.each([false, true])("an output shows the value before or after, as it was read (fused: %s)", (fuse) => {
    using _ = useExecutor(referenceExecutor({ fuse }));
    const v = new Variable(tensor([1, 2]));
    const f = compile(() => {
      const before = v.read();
      v.assign(before.mul(2));
      return { before, view: before.reshape([2, 1]), after: v.read(), later: v.read().add(before) };
    });
    const { before, view, after, later } = f();
    expect([before, view, after, later].map(read)).toEqual([
      [1, 2],
      [1, 2],
      [2, 4],
      [3, 6],
    ]); // prettier-ignore
    expect(Object.values(f()).map(read)).toEqual([
      [2, 4],
      [2, 4],
      [4, 8],
      [6, 12],
    ]); // prettier-ignore
  });

  test.each([false, true])("a variable takes a part of a larger value (fused: %s)", (fuse) => {
    using _ = useExecutor(referenceExecutor({ fuse }));
    const v = new Variable(tensor([0, 0]));
    const f = compile((x: Tensor) => {
      const [head, tail] = split(x.mul(2), 2) as [Tensor, Tensor];
      v.assign(head);
      return tail;
    });
    expect(read(f(tensor([3, 4, 5, 6])))).toEqual([10, 12]);
    expect(read(v)).toEqual([6, 8]);
  });

  test("pending assignments made outside are settled first", () => {
    const v = new Variable(tensor([1]));
    const f = compile(() => v.assign(v.read().mul(2)));
    v.assign(v.read().add(4));
    f();
    v.assign(v.read().add(1));
    f();
    expect(read(v)).toEqual([22]);
  });

  test("handles keep the value that they were read with", () => {
    const v = new Variable(tensor([1, 2]));
    const step = compile(() => v.assign(v.read().mul(2)));
    const handles = [v.read()];
    for (let i = 0; i < 3; i++) {
      step();
      handles.push(v.read());
    }
    const derived = handles[1]!.add(0);
    step();
    expect(handles.map(read)).toEqual([
      [1, 2],
      [2, 4],
      [4, 8],
      [8, 16],
    ]); // prettier-ignore
    expect(read(derived)).toEqual([2, 4]);
    expect(read(v)).toEqual([16, 32]);
  });

  test("a captured handle of a version that the call overwrites keeps its value", () => {
    const v = new Variable(tensor([1, 2]));
    const first = compile(() => v.assign(v.read().add(1)));
    first();
    const captured = v.read();
    const f = compile(() => {
      v.assign(v.read().mul(10));
      return captured.add(0);
    });
    expect(read(f())).toEqual([2, 3]);
    expect(read(f())).toEqual([2, 3]);
    expect(read(v)).toEqual([200, 300]);
  });

  test("an argument that is the version being overwritten keeps its value during the call", () => {
    const v = new Variable(tensor([1, 2]));
    const f = compile((x: Tensor) => {
      v.assign(v.read().add(1));
      return x.mul(v.read());
    });
    f(v.read());
    expect(read(f(v.read()))).toEqual([6, 12]);
  });

  test("results stay as they are through later calls", () => {
    const v = new Variable(tensor([1]));
    const f = compile((x: Tensor) => {
      v.assign(v.read().add(x));
      return { v: v.read(), loss: v.read().mul(2).sum() };
    });
    const results = [1, 2, 3].map((n) => f(tensor([n])));
    expect(results.map((r) => [read(r.v)[0], read(r.loss)[0]])).toEqual([
      [2, 4],
      [4, 8],
      [7, 14],
    ]); // prettier-ignore
  });

  test("captured tensors are constants, evaluated or not", () => {
    const lazy = tensor([1, 2]).mul(3);
    const ready = tensor([5, 6]).mul(1.5);
    evaluate(ready);
    const f = compile((x: Tensor) => x.add(lazy).add(ready));
    expect(read(f(tensor([0, 0])))).toEqual([10.5, 15]);
    expect(read(f(tensor([1, 1])))).toEqual([11.5, 16]);
  });

  test("a schedule's variable changes the step without a new trace", () => {
    const rate = new Variable(0.5);
    const w = new Variable(tensor([8]));
    const step = compile(() => w.assign(w.read().sub(w.read().mul(rate.read()))));
    for (const value of [0.5, 0.25]) {
      rate.assign(value);
      step();
    }
    expect(read(w)).toEqual([3]);
    expect(step.traces).toBe(1);
  });

  test("training compiled is training uncompiled, bit for bit", () => {
    const run = (compiled: boolean): number[] => {
      const w = new Variable(
        tensor([
          [0.5, -0.25],
          [0.125, 1],
        ]),
      ); // prettier-ignore
      const m = new Variable(zeros([2, 2]));
      const step = (x: Tensor): Tensor => {
        const loss = x.matmul(w.read()).tanh().square().mean();
        m.assign(m.read().mul(0.9).add(grad(loss, w)));
        w.assign(w.read().sub(m.read().mul(0.1)));
        return loss;
      };
      const f = compiled ? compile(step) : step;
      const losses = [1, 2, 3, 4].map((n) =>
        f(
          tensor([
            [n, -n],
            [0.3 * n, 2],
          ]),
        ).itemSync(),
      ); // prettier-ignore
      settle();
      return [...losses, ...read(w), ...read(m)];
    };
    expect(run(true)).toEqual(run(false));
  });
});

describe("what may not happen inside", () => {
  test.each<[string, (x: Tensor) => unknown]>([
    ["itemSync", (x) => x.sum().itemSync()],
    ["dataSync", (x) => x.dataSync()],
    ["evaluate", (x) => evaluate(x)],
    ["settle", () => new Variable(1) && settle()],
  ])("%s", (_, fn) => {
    const f = compile((x: Tensor) => {
      fn(x);
      return x;
    });
    expect(() => f(tensor([1]))).toThrow(TraceError);
  });

  test("the errors say what to do, at the user's line", () => {
    const f = compile((x: Tensor) => x.mul(x.sum().itemSync()));
    expect(() => f(tensor([1]))).toThrow(
      /^a value cannot be read inside compile: nothing has been computed yet\n {2}fix: return the tensor from the compiled function and read it outside\n {2}at .*compile\.test\.ts:\d+:\d+$/,
    );
    const g = compile(() => new Variable(1).read());
    expect(() => g()).toThrow(
      /^a Variable cannot be made inside compile\n {2}fix: make it outside the compiled function and read or assign it inside\n {2}at .*compile\.test\.ts/,
    );
    const h = compile((async () => tensor([1])) as never as () => Tensor);
    expect(() => h()).toThrow("the compiled function is async");
  });

  test("an error inside leaves no trace under way and no state changed", () => {
    const v = new Variable(tensor([1, 2]));
    const f = compile((x: Tensor) => {
      v.assign(v.read().mul(2));
      return x.add(tensor([1, 2, 3]));
    });
    expect(() => f(tensor([1, 2]))).toThrow("shapes do not broadcast");
    expect(read(v)).toEqual([1, 2]);
    expect(v.version).toBe(0);
    expect(tensor([1]).add(1).itemSync()).toBe(2);
  });

  test("tensors of a trace have no value outside, and none in another trace", () => {
    let leaked: Tensor | undefined;
    const v = new Variable(tensor([1]));
    let leakedRead: Tensor | undefined;
    compile((x: Tensor) => {
      leaked = x.mul(2);
      leakedRead = v.read();
      return x;
    })(tensor([1]));
    expect(() => leaked!.dataSync()).toThrow(
      "this tensor was made inside a compiled function and has no value outside of it",
    );
    expect(() => leakedRead!.dataSync()).toThrow("this tensor reads a variable as it was inside a compiled function");
    expect(() => compile(() => leaked!.add(1))()).toThrow(TraceError);
    expect(() => compile(() => leakedRead!.add(1))()).toThrow(TraceError);
  });
});

describe("values that are not finite", () => {
  /** At step n the loss divides by 7 − n. */
  function training() {
    const w = new Variable(tensor([1, 2]), { name: "head.weight" });
    const count = new Variable(0);
    const step = compile((x: Tensor, divisor: Tensor) => {
      const hidden = withScope("net.hidden", () => x.mul(w.read()));
      const scaled = withScope("net.scale", () => hidden.div(divisor));
      const loss = scaled.log().sum();
      w.assign(w.read().sub(grad(loss, w).mul(0.01)));
      count.assign(count.read().add(1));
      return loss;
    });
    return { w, count, step };
  }

  test("stop before anything is assigned and name the node, its module and line", () => {
    const { w, count, step } = training();
    for (let n = 1; n < 7; n++) step(tensor([1, 1]), tensor(7 - n));
    const before = read(w);
    let error: unknown;
    try {
      step(tensor([1, 1]), tensor(0));
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(NonFiniteError);
    expect((error as Error).message).toMatch(
      /^\[div\] is the first node with a value that is not finite: 0 NaN and 2 infinite of 2 elements, the first at element 0\n {2}module: net\.scale\n {2}a: float32 \[2\]\n {2}b: float32 \[\]\n {2}fix: lower the learning rate or guard the op; nothing was assigned, and \{ checkFinite: false \} turns the check off\n {2}at .*compile\.test\.ts:\d+:\d+$/,
    );
    expect(read(w)).toEqual(before);
    expect(read(count)).toEqual([6]);
    expect(w.version).toBe(6);
    step(tensor([1, 1]), tensor(2));
    expect(read(count)).toEqual([7]);
  });

  test("name an argument or a variable that was so already", () => {
    const { w, step } = training();
    expect(() => step(tensor([1, Number.NaN]), tensor(1))).toThrow(
      "the result is not finite: argument 0 already holds 1 NaN and 0 infinite of 2 elements, the first at element 1",
    );
    w.assign(tensor([Number.POSITIVE_INFINITY, 1]));
    expect(() => step(tensor([1, 1]), tensor(1))).toThrow(
      'the variable "head.weight" already holds 0 NaN and 1 infinite',
    );
  });

  test("name a constant with NaN, but not one that is infinite on purpose", () => {
    const w = new Variable(1);
    const masked = (mask: number) =>
      compile((x: Tensor) => {
        w.assign(w.read().add(1));
        return x.mul(w.read()).add(mask).sum();
      });
    expect(() => masked(Number.NaN)(tensor([1]))).toThrow(
      /^the result is not finite: a constant already holds 1 NaN and 0 infinite of 1 elements, .*\n {2}fix: .*\n {2}at .*compile\.test\.ts:\d+:\d+$/,
    );
    expect(() => masked(Number.NEGATIVE_INFINITY)(tensor([1]))).toThrow(/^\[add\] is the first node/);
  });

  test("pass where the check is turned off, and where nothing is assigned", () => {
    const w = new Variable(1);
    const poison = (): Tensor => {
      w.assign(w.read().mul(Number.NaN));
      return w.read().sum();
    };
    const unchecked = compile(poison, { checkFinite: false });
    expect(read(unchecked())).toEqual([Number.NaN]);
    expect(read(compile((x: Tensor) => x.log().sum())(tensor([0])))).toEqual([Number.NEGATIVE_INFINITY]);
  });

  test("an index outside its axis assigns nothing either", () => {
    const v = new Variable(tensor([1, 2, 3]));
    const f = compile((i: Tensor) => {
      v.assign(v.read().mul(2));
      return v.read().take(i, 0);
    });
    expect(() => f(tensor([7], { dtype: "int32" }))).toThrow("7");
    expect(read(v)).toEqual([1, 2, 3]);
    expect(read(f(tensor([1], { dtype: "int32" })))).toEqual([4]);
  });
});

describe("what a call does", () => {
  test("runs one program and builds no graph", () => {
    const executor = countingExecutor({ fuse: true });
    using _ = useExecutor(executor);
    const w = new Variable(ones([4]));
    const step = compile((x: Tensor) => {
      const loss = x.mul(w.read()).square().sum();
      w.assign(w.read().sub(grad(loss, w).mul(0.1)));
      return loss;
    });
    const x = tensor([1, 2, 3, 4]);
    step(x);
    const [programs, runs] = [executor.programs.length, executor.runs];
    for (let i = 0; i < 5; i++) step(x);
    expect([executor.programs.length, executor.runs]).toEqual([programs, runs + 5]);
  });

  test("updates variables in place where nobody needs the old value", () => {
    const executor = countingExecutor({ fuse: true });
    using _ = useExecutor(executor);
    const w = new Variable(ones([4]));
    compile(() => w.assign(w.read().mul(0.5).add(1)))();
    const program = executor.programs.find((p) => p.variables.length > 0)!;
    expect(program.assigns).toEqual([]);
    expect(program.kernels.map((k) => k.writes[0]?.buffer)).toEqual([program.variables[0]?.buffer]);
    expect(program.arena).toBe(0);
  });

  test("random numbers advance with their counter", () => {
    const counter = new Variable(tensor(0, { dtype: "int32" }));
    const draw = compile(() => {
      const key = tensor([1, 2], { dtype: "int32" }).add(counter.read());
      counter.assign(counter.read().add(1));
      return uniform(key, [4]);
    });
    const [a, b] = [read(draw()), read(draw())];
    expect(a).not.toEqual(b);
    counter.assign(tensor(0, { dtype: "int32" }));
    expect(read(draw())).toEqual(a);
  });

  test("custom gradients work inside", () => {
    const through = customGradient(
      (x: Tensor) => x.round(),
      ({ dy }) => [dy],
    );
    const f = compile((x: Tensor) => grad(through(x).square().sum(), x));
    expect(read(f(tensor([0.6, 2.2])))).toEqual([2, 4]);
  });
});
