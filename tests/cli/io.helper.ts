import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import type { Ask } from "../../cli/ask.ts";
import type { Io } from "../../cli/io.ts";

export const TOKEN = "token-that-nobody-may-see";
export const VAULT_KEY = "c0ffee".padEnd(64, "7");

export interface FakeIo extends Io {
  stdout(): string;
  stderr(): string;
}

export interface FakeIoOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly ask?: Ask | null;
  readonly errIsTerminal?: boolean;
  /** What comes on standard input. */
  readonly input?: string;
  readonly now?: () => number;
  readonly signal?: AbortSignal;
}

/** An Io that keeps what is said. Its environment has the vault's key and the token, and asks for English. */
export function fakeIo(o: FakeIoOptions = {}): FakeIo {
  let [out, err] = ["", ""];
  return {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    errIsTerminal: o.errIsTerminal ?? false,
    ask: o.ask ?? null,
    input: async () => o.input ?? "",
    env: { POSTERN_VAULT_KEY: VAULT_KEY, POSTERN_FACULTY_TOKEN: TOKEN, LANG: "en_US.UTF-8", ...o.env },
    now: o.now ?? Date.now,
    signal: o.signal ?? new AbortController().signal,
    stdout: () => out,
    stderr: () => err,
  };
}

/** A person at a terminal: `answer` says what they do with each question, seeing what stands on the screen. */
export interface Person {
  readonly ask: Ask;
  /** All that was ever shown or asked, in order. */
  seen(): string;
  /** What stands on the screen now; empty after the screen of its own was left. */
  screen(): string;
}

export interface Question {
  readonly kind: "choose" | "line" | "secret" | "confirm";
  readonly text: string;
  /** What stands on the screen. */
  readonly screen: string;
  /** How many questions were asked before. */
  readonly before: number;
}

/** null: they cancel. For `confirm`: "yes" or "no". A line that is wrong is asked again, its fault on the screen. */
export function person(answer: (question: Question) => string | null): Person {
  let [screen, seen, count] = ["", "", 0];
  const put = (text: string): void => {
    screen += text;
    seen += text;
  };
  const asked = (kind: Question["kind"], text: string): string | null => {
    put(`${text}\n`);
    return answer({ kind, text, screen, before: count++ });
  };
  const ask: Ask = {
    async choose(question, answers) {
      const given = asked("choose", question);
      return answers.find(({ value }) => value === given)?.value ?? null;
    },
    async line(question, wrong) {
      for (;;) {
        const given = asked("line", question);
        const fault = given === null ? null : wrong(given);
        if (fault === null) return given;
        put(`${fault}\n`);
      }
    },
    secret: async (question) => asked("secret", question),
    async confirm(question) {
      const given = asked("confirm", question);
      return given === null ? null : given === "yes";
    },
    show: put,
    clear: () => {
      screen = "";
    },
    async aside(work) {
      const before = screen;
      screen = "";
      try {
        return await work();
      } finally {
        screen = before;
      }
    },
  };
  return { ask, seen: () => seen, screen: () => screen };
}

/** A folder with a configuration of the rooms `faculty` and `second`. */
export async function place(yaml: (base: string) => string = (base) => base) {
  const folder = await mkdtemp(path.join(tmpdir(), "postern-cli-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const config = path.join(folder, "postern.yaml");
  await writeFile(config, yaml(base), { mode: 0o600 });
  return { folder, config, asked: { config, lang: null } };
}

const base = `version: 1
lang: en
data: ./data
sources:
  faculty:
    type: max-bot
    base_url: http://127.0.0.1:9
rooms:
  faculty:
    type: sealed
    title: Faculty
  second:
    type: sealed
    title: Second year
mappings:
  - source: faculty
    channel: -100
    rooms: [faculty, second]
feed:
  listen: 127.0.0.1:8080
  public_url: https://page.example.org
`;
