import { spawn } from "node:child_process";
import { once } from "node:events";

/** Where, with which environment and as whom a command runs. */
export interface As {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** User and group id; null: whoever runs this. */
  readonly user: number | null;
}

/** Longest that a command may take, ms. */
const DEADLINE = 10 * 60_000;

const spawnAs = (words: readonly string[], { cwd, env, user }: As) =>
  spawn(words[0] ?? "", words.slice(1), {
    cwd,
    env: { ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: DEADLINE,
    killSignal: "SIGKILL",
    ...(user === null ? {} : { uid: user, gid: user }),
  });

/** Runs a command to its end and gives what it printed. Rejects, with all its output, when it fails. */
export async function run(words: readonly string[], as: As): Promise<string> {
  const child = spawnAs(words, as);
  let [out, said] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [code, signal]: unknown[] = await once(child, "close");
  if (code !== 0) throw new Error(`${words.join(" ")} ended with ${code ?? signal}:\n${out}${said}`);
  return out;
}

/**
 * Tries a program that claims to be Postern: its version, then the demo until its page opens, then whether it ends
 * when asked to. Gives the version. Rejects where one of them fails.
 */
export async function tryPostern(program: readonly string[], as: As): Promise<string> {
  const version = (await run([...program, "--version"], as)).trim();
  const child = spawnAs([...program, "demo"], as);
  const closed = once(child, "close");
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  const link = await new Promise<string>((resolve, reject) => {
    let out = "";
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString();
      const line = /^http\S+(?=\n)/m.exec(out)?.[0];
      if (line !== undefined) resolve(line);
    });
    closed.then(
      () => reject(new Error(`the demo ended before its link:\n${said}`)),
      (error: unknown) => reject(error),
    );
  });
  try {
    const page = await (await fetch(link.replace(/#.*/, ""))).text();
    if (!page.includes("<script>")) throw new Error(`no page at ${link}:\n${page.slice(0, 500)}`);
  } finally {
    child.kill("SIGTERM");
  }
  const [code, signal]: unknown[] = await closed;
  if (code !== 0) throw new Error(`the demo ended with ${code ?? signal}:\n${said}`);
  return version;
}

/** What a command needs of our environment to reach the network; nothing else is handed on. */
export const networkOf = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && /^(https?_proxy|no_proxy|node_extra_ca_certs)$/i.test(name)
        ? [[name, value]]
        : [],
    ),
  );
