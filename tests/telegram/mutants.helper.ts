import type { Mutant } from "../mutants/mutants.ts";

const one = (name: string, file: string, find: string, put: string): Mutant => ({
  name,
  patches: [{ file, find, put }],
});

/** Bugs of the kinds that senders to Telegram have. Each must be found by the trials. */
export const telegramMutants: readonly Mutant[] = [
  one(
    "what was sent is not looked for",
    "adapters/telegram/sending.ts",
    "if (button === null || begun.next === null || !o.probe()) {",
    "if (button !== null || begun.next === null || !o.probe()) {",
  ),
  one(
    "a hole counts as arrived",
    "adapters/telegram/probe.ts",
    `if (answer.why === "not_modified") return`,
    `if (answer.why === "not_modified" || answer.why === "message_gone") return`,
  ),
  one(
    "somebody else's message ends the looking",
    "adapters/telegram/probe.ts",
    `else if (answer.why === "not_editable" || answer.why === "other") on(false);`,
    `else if (answer.why === "not_editable") return { kind: "missing", next };`,
  ),
  one(
    "that a send is begun is not written down",
    "adapters/telegram/sending.ts",
    "const going = put({ ...p, begun });",
    "const going = { ...p, begun };",
  ),
  one(
    "an edit loses the button",
    "adapters/telegram/plan.ts",
    "      body: { text, entities: [...entities] },\n      button,",
    "      body: { text, entities: [...entities] },\n      button: null,",
  ),
];
