import type { Readable, Writable } from "node:stream";
import type { Ask } from "./ask.ts";

const CLEAR = "\u001b[2J\u001b[H";
/** The terminal's second screen, which keeps no history. */
const OWN_SCREEN = "\u001b[?1049h";
const BACK = "\u001b[?1049l";

/** Columns that every terminal has. */
const WIDTH = 78;

/** Questions at a terminal. */
export function terminalAsk(input: Readable, output: Writable, signal: AbortSignal): Ask {
  // Loaded when something is asked: most commands ask nothing.
  const prompts = () => import("@clack/prompts");
  const common = { input, output, signal };
  return {
    async choose(question, answers) {
      const { select } = await prompts();
      const given = await select<string>({
        ...common,
        message: question,
        options: answers.map(({ value, label }) => ({ value, label })),
        showInstructions: false,
      });
      return answers.find(({ value }) => value === given)?.value ?? null;
    },
    async line(question, wrong) {
      const { text } = await prompts();
      const given = await text({
        ...common,
        message: question,
        validate: (answer) => wrong(answer ?? "") ?? undefined,
      });
      return typeof given === "string" ? given : null;
    },
    async secret(question) {
      const { password } = await prompts();
      const given = await password({ ...common, message: question });
      return typeof given === "string" ? given : null;
    },
    async confirm(question, yes, no) {
      const { confirm } = await prompts();
      const given = await confirm({ ...common, message: question, active: yes, inactive: no });
      return typeof given === "boolean" ? given : null;
    },
    show: (text) => void output.write(text.split("\n").map(wrapped).join("\n")),
    clear: () => void output.write(CLEAR),
    async aside(work) {
      output.write(OWN_SCREEN + CLEAR);
      try {
        return await work();
      } finally {
        output.write(CLEAR + BACK);
      }
    },
  };
}

/** Broken between words: a terminal would break within them. */
function wrapped(line: string): string {
  let width = 0;
  let text = "";
  for (const word of line.split(/(?<= )/)) {
    if (width > 0 && width + word.trimEnd().length > WIDTH) {
      text = `${text.trimEnd()}\n`;
      width = 0;
    }
    text += word;
    width += word.length;
  }
  return text;
}
