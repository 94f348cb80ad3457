import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { terminalAsk } from "../../cli/terminal.ts";

/** A terminal that keeps what is written to it; `type` answers once `text` stands there. */
function terminal() {
  const input = new PassThrough();
  const output = new PassThrough();
  let written = "";
  let look = (): void => {};
  output.on("data", (chunk: Buffer) => {
    written += chunk.toString();
    look();
  });
  const ending = new AbortController();
  return {
    ask: terminalAsk(input, output, ending.signal),
    end: () => ending.abort(),
    written: () => written,
    async type(text: string, ...keys: readonly string[]) {
      await new Promise<void>((resolve) => {
        look = () => {
          if (written.includes(text)) resolve();
        };
        look();
      });
      for (const key of keys) {
        // A key comes when what was drawn stands there, not while it is drawn.
        await new Promise(setImmediate);
        input.write(key);
      }
    },
  };
}

test("a person chooses, types, confirms and keeps a secret", async () => {
  const t = terminal();
  const choice = t.ask.choose("Which?", [
    { value: "one", label: "The first" },
    { value: "two", label: "The second" },
  ]);
  await t.type("The second", "\u001b[B", "\r");
  expect(await choice).toBe("two");

  const line = t.ask.line("A word?", (answer) => (answer === "right" ? null : "not that word"));
  await t.type("A word?", "w", "\r");
  await t.type("not that word", "\u007f", ..."right", "\r");
  expect(await line).toBe("right");

  const secret = t.ask.secret("A secret?");
  await t.type("A secret?", ..."hush", "\r");
  expect(await secret).toBe("hush");
  expect(t.written()).not.toContain("hush");

  const sure = t.ask.confirm("Sure?", "Yes", "No");
  await t.type("Sure?", "\r");
  expect(await sure).toBe(true);
});

test("Ctrl-C and the end of the process cancel a question", async () => {
  const t = terminal();
  const first = t.ask.line("One?", () => null);
  await t.type("One?", "\u0003");
  expect(await first).toBeNull();
  const second = t.ask.secret("Two?");
  await t.type("Two?");
  t.end();
  expect(await second).toBeNull();
});

test("what is shown aside is on a screen of its own, cleared and left whatever happens", async () => {
  const t = terminal();
  await t.ask.aside(async () => t.ask.show("the code"));
  expect(t.written()).toBe("\u001b[?1049h\u001b[2J\u001b[Hthe code\u001b[2J\u001b[H\u001b[?1049l");
  const failed = t.ask.aside(async () => {
    throw new Error("on purpose");
  });
  await expect(failed).rejects.toThrow("on purpose");
  expect(t.written().endsWith("\u001b[2J\u001b[H\u001b[?1049l")).toBe(true);
});

test("long lines are broken between words, tables are left as they are", () => {
  const t = terminal();
  t.ask.show(`${"word ".repeat(40).trim()}\n 1. one    2. two\n`);
  const lines = t.written().split("\n");
  expect(lines.every((line) => line.length <= 78 && !/\bwor$|^d\b/.test(line))).toBe(true);
  expect(lines.at(-2)).toBe(" 1. one    2. two");
});
