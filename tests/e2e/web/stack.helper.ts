import { expect, onTestFinished, vi } from "vitest";
import { z } from "zod";
import { builtPostern } from "../built.ts";
import { configuredBridge } from "../configured-bridge.ts";
import { launch, type Running } from "../processes.ts";

export type { Running };

/** MAX's stand-in as a process of its own, and a hand on its control interface. */
export async function startMax(secret = "simulated-token") {
  const running = launch(["simulators/max/main.ts", "--port", "0", "--token", secret]);
  onTestFinished(() => void running.process.kill("SIGKILL"));
  const [, url = "", control = "", token = ""] = await running.line(
    /MAX simulator: (\S+) control: (\S+) token: (\S+)/,
  );
  const call = async (operation: string, input: unknown = {}): Promise<unknown> => {
    const answer = await fetch(`${control}/${operation}`, { method: "POST", body: JSON.stringify(input) });
    if (!answer.ok) throw new Error(`${operation}: ${await answer.text()}`);
    return answer.json();
  };
  const mid = z.object({ mid: z.string() });
  const polls = async () => z.array(z.unknown()).parse(await call("requests", { path: "/updates" })).length;
  return {
    /** Resolves when updates were asked for `n` times: with the second time, what came first is stored. */
    polled: (n: number) =>
      vi.waitFor(async () => expect(await polls()).toBeGreaterThanOrEqual(n), { timeout: 30_000 }),
    url,
    token,
    call,
    channel: async (title: string) =>
      z.object({ chatId: z.string() }).parse(await call("createChannel", { title })).chatId,
    publish: async (input: unknown) => mid.parse(await call("publish", input)).mid,
    edit: (input: unknown) => call("edit", input),
    remove: (id: string) => call("remove", { mid: id }),
    media: async (input: unknown) => z.object({ mediaId: z.string() }).parse(await call("addMedia", input)),
  };
}

/** A configured bridge in a folder of its own, run as a process; both go with the test. */
export async function bridgeIn(
  yaml: (o: { readonly port: number; readonly folder: string }) => string,
  token: string,
) {
  const bridge = await configuredBridge({ yaml, token, program: await builtPostern() });
  onTestFinished(() => bridge.remove());
  return {
    ...bridge,
    start(...how: Parameters<typeof bridge.start>): Running {
      const running = bridge.start(...how);
      onTestFinished(() => void running.process.kill("SIGKILL"));
      return running;
    },
  };
}
