import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import Database from "better-sqlite3";

/**
 * The Python programs of these tests: Synapse (the homeserver) and matrix-nio (the student's client), from PyPI at the
 * versions of requirements.txt, in a virtual environment in the user's cache folder. The first file that imports this
 * installs them, about a minute; every later one finds them. Delete `postern-tests` there to be rid of it.
 */

const wanted = path.join(import.meta.dirname, "requirements.txt");
const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), ".cache"), "postern-tests");

const probe = `
import ensurepip, platform, sys, venv
assert sys.version_info >= (3, 10)
print(sys.version, sys.base_prefix, platform.machine(), *platform.libc_ver())
`;

/** Python's own words on which it is, or null where there is none that will do. */
function pythonHere(program: string): string | null {
  if (process.platform === "win32") return null; // Synapse does not run there
  const asked = spawnSync(program, ["-c", probe], { encoding: "utf8", timeout: 20_000 });
  return asked.status === 0 ? asked.stdout.trim() : null;
}

/** Runs a program to its end; what it printed is told when it fails. */
function run(program: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => (said += chunk));
    child.stderr.on("data", (chunk: Buffer) => (said += chunk));
    child.once("error", reject);
    child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(said.trim().slice(-2_000)))));
  });
}

/** Does one thing at a time over all processes; the system lets go of the lock when its holder ends, however it ends. */
export async function alone<R>(lock: string, work: () => Promise<R>): Promise<R> {
  mkdirSync(path.dirname(lock), { recursive: true });
  const db = new Database(lock, { timeout: 0 });
  try {
    for (;;)
      try {
        db.exec("BEGIN EXCLUSIVE");
        break;
      } catch (error) {
        if (!(error instanceof Database.SqliteError) || error.code !== "SQLITE_BUSY") throw error;
        await pause(100);
      }
    return await work();
  } finally {
    db.close();
  }
}

export interface Environment {
  /** The Python that has Synapse and nio. */
  readonly python: string;
  /** A folder that goes with these versions: for what is made once with them. */
  readonly folder: string;
}

/** What stands in the way, in one line, with what to do. */
const noPython =
  "Python 3.10 or newer with venv is missing, so tests against a Matrix homeserver are left out: install it (Debian: apt install python3 python3-venv) or name it in the variable PYTHON";
const noPackages = (why: string): string =>
  `Synapse and matrix-nio could not be installed from PyPI, so tests against a Matrix homeserver are left out: see to the network or pip's settings and run again (${why.split("\n").at(-1)})`;

async function installed(program: string, words: string): Promise<Environment> {
  const key = createHash("sha256").update(readFileSync(wanted)).update(words).digest("hex").slice(0, 16);
  const folder = path.join(cache, `matrix-${key}`);
  const python = path.join(folder, "bin", "python");
  const complete = path.join(folder, "complete");
  const environment = { python, folder };
  if (existsSync(complete)) return environment;
  return alone(path.join(cache, `matrix-${key}.lock`), async () => {
    if (existsSync(complete)) return environment;
    rmSync(folder, { recursive: true, force: true });
    console.warn("Installing Synapse and matrix-nio for the tests; this is done once and takes a minute");
    await run(program, ["-m", "venv", folder]);
    const pip = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps"];
    await run(python, [...pip, "-r", wanted]);
    writeFileSync(complete, "");
    return environment;
  });
}

/** Each file of tests comes here in a process of its own; the folder of this run's own is what they share. */
function sayOnce(problem: string): void {
  const run = process.env.XDG_CONFIG_HOME;
  try {
    if (run !== undefined) writeFileSync(path.join(run, "no-homeserver"), "", { flag: "wx" });
  } catch {
    return; // another file said it
  }
  console.warn(problem);
}

async function prepared(): Promise<Environment | null> {
  const program = process.env.PYTHON ?? "python3";
  const words = pythonHere(program);
  let problem = noPython;
  if (words !== null)
    try {
      return await installed(program, words);
    } catch (error) {
      problem = noPackages(error instanceof Error ? error.message : "");
    }
  if (process.env.CI !== undefined && process.env.CI !== "") throw new Error(problem);
  sayOnce(problem);
  return null;
}

/** null: there is no Python or no network; then tests that need it are skipped (`describe.skipIf`), and fail in CI. */
export const environment: Environment | null = await prepared();

/** The environment, where a test is not skipped. */
export function needed(): Environment {
  if (environment === null) throw new Error(noPython);
  return environment;
}
