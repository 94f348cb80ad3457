import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import { type EngineOptions, openEngine } from "../../../adapters/matrix/engine/open.ts";
import type { Engine } from "../../../adapters/matrix/engine.ts";
import { DeviceId, type UserId } from "../../../adapters/matrix/ids.ts";
import { systemClock } from "../../../bridge/clock.ts";
import type { KeyServer } from "./key-server.helper.ts";
import { never } from "./messages.helper.ts";

export * from "./messages.helper.ts";

/** A folder that goes when the test ends. */
export async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), "postern-matrix-"));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** A member's engine: alive until the test ends. In memory where no file is named. */
export async function member(
  server: KeyServer,
  user: UserId,
  o: Partial<Omit<EngineOptions, "store">> & { readonly file?: string; readonly passphrase?: string } = {},
): Promise<Engine> {
  const device = o.device ?? DeviceId.parse(`${user.slice(1, 4).toUpperCase()}1`);
  const opened = await openEngine({
    user,
    device,
    api: o.api ?? server.api(user, device),
    clock: o.clock ?? systemClock,
    store: {
      file: o.file ?? null,
      passphrase: o.passphrase ?? randomBytes(32).toString("base64"),
      create: true,
    },
  });
  if (!opened.ok) throw new Error(opened.problem);
  const { engine } = opened;
  onTestFinished(() => engine.close());
  return engine;
}

/** A sync, and what follows from it. */
export async function sync(server: KeyServer, engine: Engine): Promise<void> {
  await engine.receive(server.sync(engine.user, engine.device));
  await engine.flush(never);
}
