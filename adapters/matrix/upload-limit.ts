import type { Api } from "./api.ts";
import { MediaConfig, type Read, read } from "./wire.ts";

/** The largest file that the server takes, bytes; null: it names no limit. */
export async function uploadLimit(api: Api, signal: AbortSignal): Promise<Read<number | null>> {
  // The newer path first: an older server does not know it.
  for (const at of ["/_matrix/client/v1/media/config", "/_matrix/media/v3/config"]) {
    const answer = await api.call({ method: "GET", path: at }, signal);
    const unknown = answer.kind === "refused" && (answer.status === 404 || answer.status === 405);
    if (unknown) continue;
    const config = read(MediaConfig, answer);
    return config.kind === "fault" ? config : { kind: "ok", value: config.value["m.upload.size"] ?? null };
  }
  return { kind: "ok", value: null };
}
