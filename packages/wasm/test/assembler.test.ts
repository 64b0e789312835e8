/**
 * The assembler: encodings against the platform's own decoder (a module that validates and computes the right thing),
 * every instruction builder against the validator, and generated expressions against JavaScript's arithmetic.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { float32Bytes, signedLeb, unsignedLeb } from "../src/assembler/bytes.ts";
import {
  atomic,
  detectFeatures,
  type FunctionBuilder,
  f32,
  f32x4,
  f64,
  f64x2,
  i8x16,
  i16x8,
  i32,
  i32x4,
  i64,
  i64x2,
  type Local,
  ModuleBuilder,
  memory,
  select,
  shuffle32,
  Value,
  type ValueType,
  v128,
} from "../src/assembler/index.ts";

type Exports = Record<string, (...values: number[]) => number>;

function run(module: ModuleBuilder, imports: WebAssembly.Imports = {}): Exports {
  const bytes = module.toBytes();
  expect(WebAssembly.validate(bytes)).toBe(true);
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports as unknown as Exports;
}

function withMemory(define: (module: ModuleBuilder) => void): {
  exports: Exports;
  floats: Float32Array;
  ints: Int32Array;
} {
  const linear = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const module = new ModuleBuilder();
  module.importMemory({ shared: true });
  define(module);
  return {
    exports: run(module, { env: { memory: linear } }),
    floats: new Float32Array(linear.buffer),
    ints: new Int32Array(linear.buffer),
  };
}

/** A function of two i32 whose body is one expression. */
function expression(build: (a: Local<"i32">, b: Local<"i32">) => Value<"i32">): (a: number, b: number) => number {
  const module = new ModuleBuilder();
  module.function({ name: "e", parameters: { a: "i32", b: "i32" }, result: "i32" }, (_f, { a, b }) => build(a, b));
  return run(module).e as (a: number, b: number) => number;
}

describe("encoding", () => {
  test("LEB128 round trips", () => {
    const decode = (bytes: number[], signed: boolean): bigint => {
      let value = 0n;
      bytes.forEach((byte, index) => {
        value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      });
      return signed ? BigInt.asIntN(7 * bytes.length, value) : value;
    };
    fc.assert(fc.property(fc.maxSafeNat(), (n) => decode(unsignedLeb(n), false) === BigInt(n)));
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (n) => decode(signedLeb(n), true) === n),
    );
    expect(signedLeb(64)).toEqual([0xc0, 0]);
    expect(signedLeb(-64)).toEqual([0x40]);
    expect(float32Bytes(1)).toEqual([0, 0, 0x80, 0x3f]);
  });

  test("constants of every type survive", () => {
    fc.assert(
      fc.property(fc.integer(), fc.double(), (n, x) => {
        const module = new ModuleBuilder();
        module.function({ name: "int", parameters: {}, result: "i32" }, () => i32.const(n));
        module.function({ name: "single", parameters: {}, result: "f32" }, () => f32.const(x));
        module.function({ name: "double", parameters: {}, result: "f64" }, () => f64.const(x));
        module.function({ name: "wide", parameters: {}, result: "f64" }, () => f64.reinterpretI64(i64.const(-7n)));
        const exports = run(module);
        return (
          exports.int?.() === n &&
          Object.is(exports.single?.(), Math.fround(x)) &&
          Object.is(exports.double?.(), x) &&
          Number.isNaN(exports.wide?.())
        );
      }),
      { numRuns: 30 },
    );
  });

  test("misuse is refused when the code is generated", () => {
    expect(() => v128.load(0, -16)).toThrow(RangeError);
    expect(() => f32x4.extract(f32x4.splat(1), 4)).toThrow(RangeError);
    expect(() => i32.const(2 ** 32)).toThrow(RangeError);
    expect(() => i32.add(f32.const(1) as unknown as Value<"i32">, 1)).toThrow("expected i32, got f32");
    const module = new ModuleBuilder();
    const callee = module.function({ name: "callee", parameters: { a: "i32" }, export: false }, () => undefined);
    module.function({ name: "caller", parameters: {} }, (f) => {
      expect(() => f.call(callee, [])).toThrow("callee takes 1 values, got 0");
    });
    expect(() => module.importFunction("env", "late", [], "void")).toThrow("before defining functions");
  });
});

describe("control flow", () => {
  test("for runs like JavaScript's, empty ranges included", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -5, max: 20 }),
        fc.integer({ min: -5, max: 20 }),
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        (start, end, step, constant) => {
          const module = new ModuleBuilder();
          module.function({ name: "sum", parameters: { start: "i32", end: "i32" }, result: "i32" }, (f, p) => {
            const sum = f.local("i32");
            const i = f.local("i32");
            f.for(i, constant ? start : p.start, constant ? end : p.end, step, () =>
              f.set(sum, i32.add(i32.mul(sum, 3), i)),
            );
            return sum;
          });
          let expected = 0;
          for (let i = start; i < end; i += step) expected = (Math.imul(expected, 3) + i) | 0;
          return run(module).sum?.(start, end) === expected;
        },
      ),
    );
  });

  test("while, blocks, nested branches and early return", () => {
    const module = new ModuleBuilder();
    // Smallest divisor above one; leaves two nested loops at once, returns early for primes.
    module.function({ name: "divisor", parameters: { n: "i32" }, result: "i32" }, (f, { n }) => {
      const d = f.let(i32.const(2));
      f.block((found) => {
        f.loop((again) => {
          f.branchIf(found, i32.eqz(i32.remU(n, d)));
          f.if(i32.gtU(i32.mul(d, d), n), () => f.return(n));
          f.increment(d, 1);
          f.branch(again);
        });
        f.unreachable();
      });
      return d;
    });
    module.function({ name: "halvings", parameters: { n: "i32" }, result: "i32" }, (f, { n }) => {
      const count = f.local("i32");
      f.while(
        () => i32.gtS(n, 1),
        () => {
          f.set(n, i32.shrU(n, 1));
          f.increment(count, 1);
        },
      );
      return count;
    });
    const { divisor, halvings } = run(module);
    expect([91, 97, 2, 49, 12].map((n) => divisor?.(n))).toEqual([7, 97, 2, 7, 2]);
    expect([0, 1, 2, 1000].map((n) => halvings?.(n))).toEqual([0, 0, 1, 9]);
  });

  test("switch takes its case, or the default beyond the list", () => {
    const module = new ModuleBuilder();
    module.function({ name: "pick", parameters: { i: "i32" }, result: "i32" }, (f, { i }) => {
      const result = f.local("i32");
      const put = (value: number) => () => f.set(result, value);
      f.switch(i, [put(10), put(20), put(30)], put(-1));
      return result;
    });
    expect([0, 1, 2, 3, -1].map((i) => run(module).pick?.(i))).toEqual([10, 20, 30, -1, -1]);
  });

  test("if with a constant condition emits the chosen side only", () => {
    const module = new ModuleBuilder();
    module.function({ name: "one", parameters: {}, result: "i32" }, (f) => {
      const x = f.local("i32");
      f.if(
        1,
        () => f.set(x, 1),
        () => f.unreachable(),
      );
      f.if(
        0,
        () => f.unreachable(),
        () => f.increment(x, 1),
      );
      return x;
    });
    expect(run(module).one?.()).toBe(2);
  });

  test("functions call each other and imports", () => {
    const module = new ModuleBuilder();
    const seen: number[] = [];
    const log = module.importFunction("host", "log", ["i32"], "void");
    const double = module.function(
      { name: "double", parameters: { x: "i32" }, result: "i32", export: false },
      (_f, { x }) => i32.shl(x, 1),
    );
    module.function({ name: "quadruple", parameters: { x: "i32" }, result: "i32" }, (f, { x }) => {
      f.do(f.call(log, [x]));
      return f.call(double, [f.call(double, [x])]);
    });
    const exports = run(module, { host: { log: (x: number) => seen.push(x) } });
    expect(exports.quadruple?.(21)).toBe(84);
    expect(seen).toEqual([21]);
    expect(Object.keys(exports)).toEqual(["quadruple"]);
  });
});

describe("integer arithmetic", () => {
  const reference: Record<string, (a: number, b: number) => number> = {
    add: (a, b) => (a + b) | 0,
    sub: (a, b) => (a - b) | 0,
    mul: Math.imul,
    and: (a, b) => a & b,
    or: (a, b) => a | b,
    xor: (a, b) => a ^ b,
    shl: (a, b) => a << b,
    shrS: (a, b) => a >> b,
    shrU: (a, b) => (a >>> b) | 0,
    ltS: (a, b) => +(a < b),
    geS: (a, b) => +(a >= b),
    ltU: (a, b) => +(a >>> 0 < b >>> 0),
    minS: Math.min,
    maxS: Math.max,
  };

  test.each(Object.keys(reference))("i32.%s agrees with JavaScript, operands variable or constant", (name) => {
    const op = i32[name as "add"];
    const variable = expression((a, b) => op(a, b));
    fc.assert(fc.property(fc.integer(), fc.integer(), (a, b) => variable(a, b) === reference[name]?.(a, b)));
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer(),
        (a, b) =>
          expression((x) => op(x, b))(a, 0) === reference[name]?.(a, b) &&
          expression((_x, y) => op(a, y))(0, b) === reference[name]?.(a, b) &&
          expression(() => op(a, b))(0, 0) === reference[name]?.(a, b),
      ),
      { numRuns: 20 },
    );
  });

  test("address arithmetic folds its constants", () => {
    const p = i32.add(i32.add(i32.add(new Value<"i32">("i32", [], [0x20, 0]), 16), i32.mul(4, 8)), -8);
    expect(p.operands[1]?.constant).toBe(40);
    expect(i32.mul(p, 1)).toBe(p);
    expect(i32.add(p, 0)).toBe(p);
  });
});

describe("vectors", () => {
  test("every builder makes a valid instruction", () => {
    const a = f32x4.splat(1);
    const b = i32x4.const([1, 2, 3, 4]);
    const types: ValueType[] = ["i32", "i64", "f32", "f64", "v128"];
    const samples: unknown[][] = [[a, b, a], [a, 1], [1, a, 1, 3], [a, 1, 1], [1, 1, 1], [1, 1n, 1], [a], [1], [1n]];
    samples.push([1, 1], [1n, 1n], [1, b, 1]);
    const { relaxedSimd } = detectFeatures();
    const groups = { v128, i8x16, i16x8, i32x4, i64x2, f32x4, f64x2, i32, i64, f32, f64, atomic, memory };
    const special = new Set(["v128.const", "i8x16.shuffle", "i32x4.const", "f32x4.const", "f64x2.const"]);
    let built = 0;
    for (const [group, builders] of Object.entries(groups)) {
      for (const [name, builder] of Object.entries(builders)) {
        if (special.has(`${group}.${name}`) || (name.startsWith("relaxed") && !relaxedSimd)) continue;
        const arity = (builder as () => unknown).length;
        const attempts = samples
          .filter((sample) => sample.length >= arity || arity === 0)
          .flatMap((sample) => {
            try {
              const value = (builder as (...operands: unknown[]) => Value)(
                ...sample.slice(0, Math.max(arity, sample.length)),
              );
              return [value];
            } catch {
              return [];
            }
          });
        const valid = attempts.some((value) => {
          const module = new ModuleBuilder();
          module.importMemory({ shared: true });
          module.function({ name: "f", parameters: {} }, (f: FunctionBuilder) => {
            if (value.type === "void") f.do(value as Value<"void">);
            else f.drop(value as Value<(typeof types)[number]>);
          });
          return WebAssembly.validate(module.toBytes());
        });
        expect(valid, `${group}.${name}`).toBe(true);
        built += 1;
      }
    }
    expect(built).toBeGreaterThan(300);
  });

  test("lanes: loads, stores, shuffles, extraction", () => {
    const { exports, floats } = withMemory((module) => {
      module.function({ name: "go", parameters: { p: "i32" } }, (f, { p }) => {
        const a = f.let(v128.load(p));
        const b = f.let(v128.load(p, 16));
        f.do(
          v128.store(p, shuffle32(a, b, [0, 4, 1, 5]), 32),
          v128.store(p, v128.load32Splat(p, 8), 48),
          v128.store(p, f32x4.replace(a, 2, f32x4.extract(b, 3)), 64),
          v128.store32Lane(p, b, 1, 80),
          v128.store64Lane(p, a, 1, 88),
          v128.store(p, v128.load32Lane(p, b, 0, 4), 96),
          v128.store(p, v128.load64Zero(p, 8), 112),
        );
      });
    });
    floats.set([1, 2, 3, 4, 5, 6, 7, 8]);
    exports.go?.(0);
    expect([...floats.subarray(8, 32)]).toEqual([
      1, 5, 2, 6, 3, 3, 3, 3, 1, 2, 8, 4, 6, 0, 3, 4, 2, 6, 7, 8, 3, 4, 0, 0,
    ]);
  });

  test("float arithmetic and comparison match lane by lane", () => {
    const { exports, floats, ints } = withMemory((module) => {
      module.function({ name: "go", parameters: {} }, (f) => {
        const [a, b] = [f.let(v128.load(0)), f.let(v128.load(16))];
        const results = [
          f32x4.add(a, b),
          f32x4.sub(a, b),
          f32x4.mul(a, b),
          f32x4.div(a, b),
          f32x4.min(a, b),
          f32x4.max(a, b),
          f32x4.pmin(a, b),
          f32x4.pmax(a, b),
          f32x4.neg(a),
          f32x4.abs(a),
          f32x4.floor(a),
          v128.bitselect(a, b, f32x4.lt(a, b)),
          i32x4.truncSatF32x4S(a),
        ];
        results.forEach((result, index) => {
          f.do(v128.store(0, result, 32 + 16 * index));
        });
        f.do(i32.store(0, i32x4.bitmask(f32x4.lt(a, b)), 1024));
      });
    });
    // Comparisons spelled out: pmin and pmax differ from Math.min and Math.max at signed zeros.
    const pick = (condition: boolean, yes: number, no: number): number => (condition ? yes : no);
    const lane = fc.float({ noNaN: true });
    fc.assert(
      fc.property(fc.array(lane, { minLength: 8, maxLength: 8 }), (values) => {
        floats.set(values);
        exports.go?.();
        let mask = 0;
        for (let k = 0; k < 4; k++) {
          const [a, b] = [Math.fround(values[k] ?? 0), Math.fround(values[k + 4] ?? 0)];
          const expected = [
            a + b,
            a - b,
            a * b,
            a / b,
            Math.min(a, b),
            Math.max(a, b),
            pick(b < a, b, a),
            pick(a < b, b, a),
            -a,
            Math.abs(a),
            Math.floor(a),
            pick(a < b, a, b),
          ];
          expected.forEach((value, index) => {
            expect(floats[8 + 4 * index + k]).toBe(Math.fround(value));
          });
          expect(ints[8 + 48 + k]).toBe(Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(a))) | 0);
          mask |= +(a < b) << k;
        }
        expect(ints[256]).toBe(mask);
      }),
      { numRuns: 200 },
    );
  });

  test("select picks vectors without branching", () => {
    const { exports, floats } = withMemory((module) => {
      module.function({ name: "go", parameters: { c: "i32" } }, (f, { c }) => {
        f.do(v128.store(0, select(f32x4.splat(1), f32x4.splat(2), c)));
        f.do(f32.store(0, select(5, 6, c, "f32"), 16));
      });
    });
    exports.go?.(1);
    expect([floats[0], floats[4]]).toEqual([1, 5]);
    exports.go?.(0);
    expect([floats[0], floats[4]]).toEqual([2, 6]);
  });
});

test("bulk memory and atomics work on shared memory", () => {
  const { exports, ints } = withMemory((module) => {
    module.function({ name: "go", parameters: {}, result: "i32" }, (f) => {
      f.do(memory.fill(0, 1, 16), memory.copy(64, 0, 8), atomic.store(32, 41), atomic.fence());
      f.drop(atomic.add(32, 1));
      f.drop(atomic.compareExchange(32, 42, 50));
      f.drop(atomic.notify(32, 1));
      return i32.add(atomic.load(32), atomic.wait(32, 7, 0));
    });
  });
  expect(exports.go?.()).toBe(51);
  expect([...ints.subarray(16, 19)]).toEqual([0x01010101, 0x01010101, 0]);
});

test("features are those of the engine", () => {
  const features = detectFeatures();
  expect(features.simd && features.threads).toBe(true);
  expect(typeof features.relaxedSimd).toBe("boolean");
});
