import { z } from "zod";
import type { Bridge } from "../bridge/bridge.ts";
import { MediaId, type RoomName } from "../bridge/model/ids.ts";
import type { Destination } from "../bridge/outbox/destination.ts";
import type { LocalHttp } from "./local-http.ts";

/** What of the fixed bytes says which attachments are streamed after them. */
const Posted = z.object({ files: z.array(z.object({ id: MediaId })) });

/**
 * A room behind plain HTTP, for the bench alone: the rendered announcement is posted as JSON, each of its files as a
 * stream after it.
 */
export function httpDestination(room: RoomName, bridge: Bridge, http: LocalHttp): Destination {
  return {
    room,
    async prepare(d) {
      const files = d.media.flatMap(({ id, state }) =>
        state.kind === "ready" ? [{ id, name: state.meta.name, size: state.meta.size }] : [],
      );
      const body = JSON.stringify({
        id: d.announcement,
        revision: d.revision,
        action: d.action,
        text: d.line ?? d.clean?.text.text ?? "",
        marks: d.clean?.text.marks ?? [],
        files,
      });
      const lacking = d.media.flatMap((m) => (m.state.kind === "pending" ? [m.id] : []));
      return { kind: "ready", prepared: { kind: "bytes", bytes: Buffer.from(body) }, lacking };
    },
    async send(fixed, _delivery, signal) {
      const { files } = Posted.parse(JSON.parse(Buffer.from(fixed.bytes).toString()));
      if (!(await http.post(`announcements/${fixed.key}`, fixed.bytes, signal)))
        return { kind: "unknown", code: "unreachable" };
      for (const { id } of files) {
        const key = bridge.store.media.state(id)?.spool?.key;
        if (key === undefined) return { kind: "refused", code: "payload_gone" };
        const content = bridge.spool.read(id, Buffer.from(key, "base64url"));
        if (!(await http.post(`files/${id}`, content, signal)))
          return { kind: "unknown", code: "unreachable" };
      }
      return { kind: "sent", receipt: fixed.key };
    },
  };
}
