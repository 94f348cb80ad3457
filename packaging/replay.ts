/**
 * Replays a Dockerfile without an engine: each stage is an empty folder, COPY and RUN are done in it, RUN as the
 * user that the image runs as. FROM gives nothing: Node and npm are those of this machine.
 */
import { chmod, chown, cp, mkdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { contextFilter, readDockerfile, type Stage, type Step } from "./dockerfile.ts";
import { type As, run } from "./process.ts";

export interface Replay {
  /** The folder with Dockerfile and .dockerignore. */
  readonly context: string;
  /** An empty folder that the user may enter. */
  readonly folder: string;
  /** What every command finds: PATH and HOME at least. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether RUN may change the user; else all is done as whoever runs this. */
  readonly switchUser: boolean;
  tell(line: string): void;
}

export interface Image {
  /** The folder that stands for the image's root. */
  readonly root: string;
  readonly entrypoint: readonly string[];
  /** How the entry point is run. */
  readonly as: As;
}

interface Place {
  readonly root: string;
  readonly stage: Stage;
  /** As named in the Dockerfile. */
  workdir: string;
  env: Record<string, string>;
}

/** @throws where a step fails, or does what cannot be replayed */
export async function replay(o: Replay): Promise<Image> {
  const stages = readDockerfile(await readFile(path.join(o.context, "Dockerfile"), "utf8"));
  const through = contextFilter(await readFile(path.join(o.context, ".dockerignore"), "utf8"));
  const user = o.switchUser ? userOf(stages) : null;
  const places: Place[] = [];
  for (const [n, stage] of stages.entries()) {
    const place: Place = { root: path.join(o.folder, `${n}`), stage, workdir: "/", env: { ...o.env } };
    places.push(place);
    await mkdir(place.root);
    for (const step of stage.steps) await play(step, place, { o, places, user, through });
  }
  const last = places.at(-1);
  const entrypoint =
    last?.stage.steps.flatMap((step) => (step.kind === "entrypoint" ? step.words : [])) ?? [];
  if (last === undefined || entrypoint.length === 0) throw new Error("the image has no entry point");
  const cwd = path.join(last.root, last.workdir);
  return { root: last.root, entrypoint, as: { cwd, env: last.env, user } };
}

/** The user that the image runs as, a number: a name would need the image's own list. */
export function userOf(stages: readonly Stage[]): number {
  const named = stages.at(-1)?.steps.flatMap((step) => (step.kind === "user" ? [step.user] : []));
  const user = Number(/^(\d+)(?::\d+)?$/.exec(named?.at(-1) ?? "")?.[1]);
  if (!(user > 0)) throw new Error("the image runs as root, or as a user without a number");
  return user;
}

interface Given {
  readonly o: Replay;
  readonly places: readonly Place[];
  readonly user: number | null;
  readonly through: (file: string) => boolean;
}

async function play(step: Step, place: Place, given: Given): Promise<void> {
  // Where RUN works, its user owns what is there: it could not write otherwise.
  const owner = place.stage.steps.some(({ kind }) => kind === "run") ? given.user : null;
  switch (step.kind) {
    case "workdir":
      place.workdir = path.posix.resolve(place.workdir, step.to);
      given.o.tell(`WORKDIR ${place.workdir}`);
      await mkdir(path.join(place.root, place.workdir), { recursive: true });
      if (owner !== null) await chown(path.join(place.root, place.workdir), owner, owner);
      return;
    case "env":
      given.o.tell(`ENV ${step.name}=${step.value}`);
      place.env = { ...place.env, [step.name]: inRoot(step.value, step.name, place) };
      return;
    case "copy":
      given.o.tell(`COPY ${step.from ?? ""} ${step.sources.join(" ")} → ${step.to}`);
      return copy(step, place, given, owner);
    case "run": {
      given.o.tell(`RUN ${step.command}`);
      if (/(^|[\s='"])\//.test(step.command))
        throw new Error(`RUN names a path from the root, which is not ours: ${step.command}`);
      const cwd = path.join(place.root, place.workdir);
      await run(["/bin/sh", "-c", step.command], { cwd, env: place.env, user: given.user });
      return;
    }
    default:
  }
}

/** Paths from the image's root, alone or in a list, as they are in the folder that stands for it. */
const inRoot = (value: string, name: string, place: Place): string =>
  value
    .split(":")
    .map((part) =>
      part === `$${name}`
        ? (place.env[name] ?? "")
        : part.startsWith("/")
          ? path.join(place.root, part)
          : part,
    )
    .join(":");

async function copy(
  step: Extract<Step, { kind: "copy" }>,
  place: Place,
  { o, places, user, through }: Given,
  runner: number | null,
): Promise<void> {
  const from = step.from === null ? null : places.find(({ stage }) => stage.name === step.from);
  if (from === undefined) throw new Error(`COPY from a stage that is not there: ${step.from}`);
  const to = path.join(place.root, path.posix.resolve(place.workdir, step.to));
  const into = step.sources.length > 1 || step.to.endsWith("/");
  for (const source of step.sources) {
    const origin = path.join(from?.root ?? o.context, source);
    const isFolder = (await stat(origin)).isDirectory();
    const target = into && !isFolder ? path.join(to, path.basename(source)) : to;
    await mkdir(path.dirname(target), { recursive: true });
    await cp(origin, target, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (file) => from !== null || through(path.relative(o.context, file).replaceAll(path.sep, "/")),
    });
    const owner = step.owner === null || user === null ? runner : Number(step.owner.split(":")[0]);
    if (owner !== null) await own(target, owner);
    else if (isFolder) await chmod(target, (await stat(origin)).mode);
  }
}

const own = (target: string, user: number): Promise<string> =>
  run(["chown", "-R", `${user}:${user}`, target], {
    cwd: path.dirname(target),
    env: { PATH: "/usr/bin:/bin" },
    user: null,
  });
