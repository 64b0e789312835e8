/** Reports of notebooks: cells, what lands in them, errors, Ctrl-C, `--watch` and `check`. */

import { existsSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cell, cellAt, parseCells } from "../src/report/cells.ts";
import { gallery } from "./report/gallery.ts";
import { cellOf, type Ended, Workplace } from "./report/workplace.ts";

let workplace: Workplace;
beforeAll(() => {
  workplace = new Workplace();
});
afterAll(() => workplace.remove());

describe("cells", () => {
  const line = fc.constantFrom("const a = 1;", "// a comment", "", "  ", "  b();", "`// %%d`", "// %x");
  const content = fc.array(line, { maxLength: 6 });
  const cell = fc.record({ markdown: fc.boolean(), title: fc.constantFrom("", "a title", "Two words"), content });

  it("every line of content is in exactly one cell, in order, under its mark", () => {
    fc.assert(
      fc.property(content, fc.array(cell, { maxLength: 5 }), fc.constantFrom("\n", "\r\n"), (before, marked, end) => {
        const lines = [
          ...before,
          ...marked.flatMap(({ markdown, title, content: own }) => [
            `// %%${markdown ? " [markdown]" : ""} ${title}`.trimEnd(),
            ...own.map((text) => (markdown ? `// ${text}` : text)),
          ]),
        ];
        const cells = parseCells(lines.join(end));
        const full = (texts: string[]) => texts.some((text) => text.trim() !== "");
        const titles = [...(full(before) ? [""] : []), ...marked.filter((m) => full(m.content)).map((m) => m.title)];
        expect(cells.map(({ title }) => title)).toEqual(titles);
        for (const { kind, from, to, text } of cells) {
          const own = lines.slice(from - 1, to);
          expect(text.split("\n")).toEqual(kind === "code" ? own : own.map((l) => l.replace(/^\/\/ ?/, "")));
          expect(own[0]?.trim()).not.toBe("");
        }
        lines.forEach((text, i) => {
          const inside = cells.filter(({ from, to }) => from <= i + 1 && i + 1 <= to);
          if (text.trim() !== "" && text.trim() !== "//" && !text.startsWith("// %%")) expect(inside).toHaveLength(1);
          if (inside.length === 1) expect(cells[cellAt(cells, i + 1)]).toBe(inside[0]);
        });
      }),
    );
  });

  it("marks may be indented and need no blanks; a line before every cell belongs to none", () => {
    const cells: Cell[] = parseCells("\n//%%[markdown]\n// text\n  // %% code\nx();\n");
    expect(cells.map(({ kind, from, text }) => [kind, from, text])).toEqual([
      ["markdown", 3, "text"],
      ["code", 5, "x();"],
    ]);
    expect(cellAt(cells, 1)).toBe(-1);
  });
});

describe("prewitt run", () => {
  let ended: Ended;
  let page: string;
  beforeAll(async () => {
    workplace.write("gallery.ts", gallery);
    ended = await workplace.run("run", "gallery.ts", "--out", "there/page.html", "--", "--deep", "7");
    page = workplace.read("there/page.html");
  }, 60_000);

  it("ends as the notebook does, says where the report is, and keeps stdout as it is", () => {
    expect(ended.code).toBe(0);
    expect(ended.out).toBe(
      [
        "printed 12 --deep+7",
        "\u001b[31mred & <b>\u001b[0m",
        "after a wait",
        "The report is in there/page.html: open it in a browser.",
        "",
      ].join("\n"),
    );
    expect(existsSync(workplace.path("runs/display"))).toBe(false);
  });

  it("the terminal has a line for each thing that went into the report", () => {
    expect(ended.err.split("\n")).toEqual([
      "in the report: a small tensor",
      "in the report: a picture",
      "in the report: a record",
      "in the report: layer      parameters  share …",
      "in the report: a wide table",
      "in the report: bold",
      "in the report: ## A second heading",
      "in the report: text",
      'in the report: Chart "Loss" (training: 3 points, validation: 3 points)',
      'in the report: Chart "Values" (6 values; 1 … 3)',
      'in the report: Picture "Images" (1 images)',
      'in the report: Graph "A graph of five boxes" (5 boxes, 5 arrows, 10 FLOP)',
      'in the report: Chart "By module" (2 histograms)',
      "",
    ]);
  });

  it("prose and code are shown, code with its lines and its titles", () => {
    expect(page).toContain("<title>A gallery</title>");
    expect(cellOf(page, 1)).toContain("<em>every</em>");
    expect(cellOf(page, 2)).toContain("<h3>printed</h3>");
    expect(cellOf(page, 2)).toContain("code, lines 7–12");
    expect(cellOf(page, 2)).toContain('<span class="hljs-keyword">import</span>');
  });

  it("what is printed lands in its cell, as text and without colours", () => {
    expect(cellOf(page, 2)).toContain('<pre class="text">printed 12 --deep+7\nred &amp; &lt;b&gt;</pre>');
    expect(cellOf(page, 7)).toContain('<pre class="text">after a wait</pre>');
    expect(cellOf(page, 3)).not.toContain("printed 12");
  });

  it("tensors are numbers or pictures, records field by field", () => {
    const cell = cellOf(page, 3);
    expect(cell).toContain('<figcaption>a small tensor</figcaption><pre class="text">1 2\n3 4</pre>');
    expect(cell).toContain("<figcaption>a picture</figcaption>");
    expect(cell).toContain("data:image/png;base64,");
    expect(cell).toMatch(/<figcaption>a record<\/figcaption><figure><figcaption>left<\/figcaption>/);
  });

  it("tables, HTML, Markdown and text", () => {
    const cell = cellOf(page, 4);
    expect(cell).toContain('<td>conv1 &lt;1&gt;</td><td class="number">320</td><td class="number">0.1235</td>');
    expect(cell).toContain("<b class='mine'>bold</b>");
    expect(cell).toContain("<h2>A second heading</h2>");
    expect(cell).toContain('<figcaption>text</figcaption><pre class="text">a plain text</pre>');
  });

  it("charts and pictures are SVG in the colours of the page", () => {
    const cell = cellOf(page, 5);
    expect(cell.match(/<svg /g)).toHaveLength(5);
    expect(cell).toContain("var(--prewitt-ink");
    for (const text of ["Loss", "nats", "training", "Values", "value (m)", "a ramp", "constant", "By module"]) {
      expect(cell).toContain(`>${text}</text>`);
    }
  });

  it("a run is shown with its config and its curves, where it was started", () => {
    const cell = cellOf(page, 6);
    expect(cell).toMatch(/run gallery, done: 6 rows in runs\/gallery\/metrics\.jsonl/);
    expect(cell).toContain("<tr><th>rate</th><td>0.1</td></tr>");
    expect(cell).toContain("<tr><th>layers</th><td>[1,2]</td></tr>");
    expect(cell).toContain("<tr><th>optimizer</th><td>Adam &amp; co</td></tr>");
    expect(cell).toContain("<tr><th>accuracy</th><td>0.9877</td></tr>");
    expect(cell.match(/<svg /g)).toHaveLength(1);
    for (const text of ["loss", "cross-entropy (nats)", "step", "50"]) expect(cell).toContain(`>${text}</text>`);
  });

  it("says how it was made, and needs nothing from elsewhere", () => {
    const footer = page.slice(page.indexOf("<footer>"));
    for (const [name, value] of [
      ["notebook", "gallery.ts"],
      ["seed", "7"],
      ["prewitt", "0.1.0"],
      ["node", process.version],
      ["executor", "reference"],
      ["precision", "fast"],
    ]) {
      expect(footer).toContain(`<tr><th>${name}</th><td>${value}</td></tr>`);
    }
    expect(footer).toMatch(/<th>commit<\/th><td>[0-9a-f]{12}\+?<\/td>/);
    expect(page).not.toMatch(/(?:src|href)="(?!data:|#)/);
    expect(page).not.toContain("<script");
  });
});

describe("prewitt run, when things go wrong", () => {
  it("an error: the cell and line, the outputs before it, the exit code", async () => {
    workplace.write(
      "broken.ts",
      '// %%\nimport { tensor } from "@prewitt/core";\nconsole.log("before");\n\n// %% the mistake\nconst x = tensor([1, 2, 3]);\nx.add(tensor([1, 2]));\nconsole.log("never");\n',
    );
    const { code, err } = await workplace.run("run", "broken.ts");
    expect(code).toBe(1);
    expect(err).toContain("ShapeError");
    const page = workplace.read("runs/broken/report.html");
    expect(page).toContain('ended with an error in <a href="#cell-2">cell 2</a>, line 7.');
    expect(cellOf(page, 1)).toContain('<pre class="text">before</pre>');
    expect(cellOf(page, 2)).toContain('class="cell broken"');
    expect(cellOf(page, 2)).toContain('<pre class="error">ShapeError: [add]');
    expect(page).not.toContain(">never</pre>");
    expect(page).toContain("<tr><th>exit code</th><td>1</td></tr>");
  });

  it("a syntax error has a report too", async () => {
    workplace.write("unread.ts", "// %%\nconst = 1;\n");
    const { code } = await workplace.run("run", "unread.ts");
    expect(code).toBe(1);
    const page = workplace.read("runs/unread/report.html");
    expect(page).toContain("ended with an error");
    expect(page).toContain('<pre class="error">');
  });

  it("Ctrl-C finishes the step, the rest of the notebook and the report", async () => {
    workplace.write(
      "long.ts",
      '// %%\nimport { log, onInterrupt } from "@prewitt/notebook";\nusing interruption = onInterrupt();\nfor (let step = 1; !interruption.requested; step++) {\n  await new Promise((done) => setTimeout(done, 50));\n  log("step", step);\n}\n\n// %%\nconsole.log("saved");\nprocess.exitCode = 130;\n',
    );
    const started = workplace.start("run", "long.ts");
    await started.said(/step 1\n/);
    started.child.kill("SIGINT");
    const { code, out } = await started.ended;
    expect(code).toBe(130);
    expect(out).toMatch(/Stopping after this step.*\nstep \d+\nsaved\nThe report is in runs\/long\/report\.html/s);
    expect(cellOf(workplace.read("runs/long/report.html"), 2)).toContain(">saved</pre>");
  });

  it("files that are not there and unknown options are told in one line", async () => {
    const [missing, unknown, none] = await Promise.all([
      workplace.run("run", "nowhere.ts"),
      workplace.run("run", "gallery.ts", "--fast"),
      workplace.run("check", "nowhere.ts"),
    ]);
    expect([missing.code, unknown.code, none.code]).toEqual([1, 1, 1]);
    expect(missing.err).toContain("[prewitt run] there is no file nowhere.ts");
    expect(unknown.err).toContain("--fast");
    expect(none.err).toContain("[prewitt check] there is no file nowhere.ts");
    for (const { err } of [missing, unknown, none]) expect(err).not.toContain("    at ");
  });
});

describe("prewitt run, other forms", () => {
  it("what a helper shows or prints lands in the cell that calls it, wherever the helper stands", async () => {
    workplace.write(
      "elsewhere.ts",
      'import { display } from "@prewitt/notebook";\nexport async function far(text: string) {\n  await null;\n  await display(text + " shown");\n  console.log(text, "printed");\n}\n',
    );
    workplace.write(
      "helpers.ts",
      [
        '// %%\nimport { far } from "./elsewhere.ts";\nasync function near(text: string) {\n  await new Promise((done) => setTimeout(done, 5));\n  await far(text);\n}\nawait near("first");\n',
        '// %%\nawait near("second");\nawait Promise.all(["third"].map((text) => near(text)));\nawait far("fourth");\n',
        '// %%\nawait below("fifth");\n',
        "// %%\nasync function below(text: string) {\n  for (const one of [text]) await near(one);\n}\n",
      ].join(""),
    );
    const { code, err } = await workplace.run("run", "helpers.ts");
    expect([code, err]).toEqual([0, expect.stringContaining("in the report: fifth shown")]);
    const page = workplace.read("runs/helpers/report.html");
    const outputs = [1, 2, 3, 4].map((n) => cellOf(page, n).match(/(?<=<pre class="text">)[^<]*(?=<)/g) ?? []);
    const of = (text: string) => [`${text} shown`, `${text} printed`];
    expect(outputs).toEqual([of("first"), ["second", "third", "fourth"].flatMap(of), of("fifth"), []]);
  });

  it("JavaScript", async () => {
    workplace.write("plain.mjs", '// %% a cell\nconsole.log("from JavaScript");\n');
    const { code } = await workplace.run("run", "plain.mjs");
    expect(code).toBe(0);
    expect(cellOf(workplace.read("runs/plain/report.html"), 1)).toContain(">from JavaScript</pre>");
  });

  it("--watch runs again on save, and tells the page to reload", async () => {
    const text = (n: number) => `// %%\nconsole.log("version ${n}");\n`;
    workplace.write("watched.mjs", text(1));
    const started = workplace.start("run", "watched.mjs", "--watch");
    const [, url] = await started.said(/(http:\/\/127\.0\.0\.1:\d+\/) shows the report/);
    await started.said(/done: .*report\.html/);
    const page = async () => (await fetch(url as string)).text();
    expect(await page()).toContain(">version 1</pre>");
    expect(await page()).toContain("<script>");
    const events = await fetch(`${url}events`);
    const reader = (events.body as ReadableStream<Uint8Array>).getReader();
    const event = async () => new TextDecoder().decode((await reader.read()).value);
    expect(await event()).toBe("data: 1\n\n");
    workplace.write("watched.mjs", text(2));
    expect(await event()).toBe("data: 2\n\n");
    expect(await page()).toContain(">version 2</pre>");
    await reader.cancel();
    started.child.kill("SIGINT");
    expect((await started.ended).code).not.toBe(1);
  });
});

describe("prewitt check", () => {
  it("type errors by file, cell and line; clean notebooks pass", async () => {
    workplace.write("wrong.ts", "// %%\nconst a: number = 1;\n\n// %%\nconst b: string = a;\nconsole.log(b);\n");
    const [wrong, right] = [await workplace.run("check", "wrong.ts"), await workplace.run("check", "gallery.ts")];
    expect(wrong.code).toBe(1);
    expect(wrong.err).toContain("wrong.ts:5 (cell 2): TS2322: Type 'number' is not assignable to type 'string'.");
    expect(wrong.out).toBe("1 errors\n");
    expect(right).toMatchObject({ code: 0, out: "1 checked, no errors\n", err: "" });
  });
});
