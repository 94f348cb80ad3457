import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { RoomName } from "../../bridge/model/ids.ts";
import { atomically } from "../../bridge/store/db.ts";
import { openCore } from "../../cli/core.ts";
import { linkOf, pageOf } from "../../cli/join-link.ts";
import { loadConfig } from "../../config/load.ts";
import { freePort, launch, type Running } from "./processes.ts";

export interface ConfiguredOptions {
  /** Its configuration; `port` is free for the feed. */
  readonly yaml: (o: { readonly port: number; readonly folder: string }) => string;
  /** The source's token. */
  readonly token: string;
  /** Files that its configuration names, beside it. */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** The command line that runs, from the project's root; absent, and with options for Node: that of the sources. */
  readonly program?: string;
}

/** A configured bridge in a temporary folder of its own, its sealed rooms made, to be run as a process. */
export async function configuredBridge(o: ConfiguredOptions) {
  const folder = await mkdtemp(path.join(tmpdir(), "postern-run-"));
  const port = await freePort();
  const file = path.join(folder, "postern.yaml");
  await writeFile(file, o.yaml({ port, folder }), { mode: 0o600 });
  for (const [name, text] of Object.entries(o.files ?? {})) await writeFile(path.join(folder, name), text);
  const env = {
    POSTERN_FACULTY_TOKEN: o.token,
    POSTERN_VAULT_KEY: randomBytes(32).toString("hex"),
    LANG: "en_US.UTF-8",
    ...o.env,
  };
  const loaded = await loadConfig({ file, env });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors));
  const { config } = loaded;
  const opened = await openCore(config, { env, askPassphrase: null });
  if (!opened.ok) throw new Error(opened.problem.code);
  const { core } = opened;
  const links = new Map<string, string>();
  const sealed = [...config.rooms.values()].flatMap(({ type, name }) => (type === "sealed" ? [name] : []));
  for (const room of sealed) {
    atomically(core.db, () => core.bridge.log.create(room, randomBytes(32)));
    links.set(room, linkOf(core, room, pageOf(config) ?? "", false) ?? "");
  }
  const ids = new Map(
    sealed.map((room) => [room, Buffer.from(core.bridge.store.seal.get(room)?.roomId ?? []).toString("hex")]),
  );
  core.close();
  return {
    folder,
    config,
    env,
    port,
    link: (room: string): string => links.get(room) ?? "",
    roomId: (room: string): string => ids.get(RoomName.parse(room)) ?? "",
    /** Starts it. `failpoint`: where it is to die; `node`: options for Node itself; `more`: further environment. */
    start: (
      failpoint?: string,
      node: readonly string[] = [],
      more: Readonly<Record<string, string>> = {},
    ): Running =>
      launch([...node, (node.length === 0 && o.program) || "cli/main.ts", "--config", file, "run"], {
        ...env,
        ...more,
        ...(failpoint === undefined ? {} : { POSTERN_FAILPOINT: failpoint }),
      }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
