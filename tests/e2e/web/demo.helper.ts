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
  /** Exit code or signal. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** Starts `postern demo` as a process. */
export function startDemo(env: Readonly<Record<string, string>> = {}): RunningDemo {
  const child = spawn(process.execPath, ["cli/main.ts", "demo"], {
    cwd: root,
    env: { ...process.env, LANG: "en_US.UTF-8", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, said] = ["", ""];
  let look = (): void => {};
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
    look();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal ?? code));
  });
  const link = new Promise<string>((resolve, reject) => {
    look = () => {
      const found = /^http\S+(?=\n)/m.exec(out)?.[0];
      if (found !== undefined) resolve(found);
    };
    void ended.then((how) => reject(new Error(`the demo ended (${how}) before its link: ${said}`)));
  });
  link.catch(() => undefined);
  return { process: child, out: () => out, said: () => said, link, ended };
}
