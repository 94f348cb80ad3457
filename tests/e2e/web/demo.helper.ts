import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../../..");

export interface RunningDemo {
  readonly process: ChildProcess;
  /** What it printed for scripts: the link. */
  out(): string;
  /** What it said besides. */
  said(): string;
  /** The join link, once it stands there. Rejects when the process ends first. */
  readonly link: Promise<string>;
  /** The address of the Telegram view, likewise; where it was asked for. */
  readonly view: Promise<string>;
  /** Exit code or signal. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** Starts `postern demo` as a process. */
export function startDemo(
  env: Readonly<Record<string, string>> = {},
  more: readonly string[] = [],
): RunningDemo {
  const child = spawn(process.execPath, ["cli/main.ts", "demo", ...more], {
    cwd: root,
    env: { ...process.env, LANG: "en_US.UTF-8", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, said] = ["", ""];
  const looks: (() => void)[] = [];
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
    for (const look of looks) look();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal ?? code));
  });
  const printed = (line: RegExp): Promise<string> => {
    const found = new Promise<string>((resolve, reject) => {
      looks.push(() => {
        const there = line.exec(out)?.[0];
        if (there !== undefined) resolve(there);
      });
      void ended.then((how) => reject(new Error(`the demo ended (${how}) before its link: ${said}`)));
    });
    found.catch(() => undefined);
    return found;
  };
  const link = printed(/^http\S+(?=\n)/m);
  const view = printed(/^http\S+\/chat\/\S+(?=\n)/m);
  return { process: child, out: () => out, said: () => said, link, view, ended };
}
