import { expect, test } from "vitest";
import { answerHeld, heldOf } from "../../adapters/telegram/held.ts";
import { media, open, post, posted, ROOM, soon } from "../core.helper.ts";
import { run, settled, type World, world } from "./room.helper.ts";

const asked = (w: World) =>
  soon(() => {
    w.clock.advance(1_000);
    expect(heldOf(w.keep, ROOM)).not.toBeNull();
  });

test.each([false, true])(
  "after messages of ours whose ids nobody knows, none is looked for: it could be one of these (restarted: %s)",
  async (restarted) => {
    const w = await world();
    w.now.unsure = "hold";
    w.restart();
    let runtime = run(w);
    const attachments = ["a", "b"].map((ref) => {
      w.source.files.set(ref, () => open(Buffer.from(`%PDF-1.4 ${ref}`)));
      return media(ref);
    });
    w.source.tell(posted(post(1, "Первый")));
    await settled(w);
    w.telegram.faults.plan({ method: "sendMediaGroup", fault: { kind: "accepted_then_dropped" } });
    w.source.tell(posted(post(2, "Альбом", { attachments })));
    await asked(w);
    expect(answerHeld(w.keep, ROOM, "arrived")).toBe(true);
    runtime.wake();
    await settled(w);
    if (restarted) {
      await runtime.stop();
      w.restart();
      runtime = run(w);
    }
    w.telegram.faults.plan({ method: "sendMessage", fault: { kind: "dropped" } });
    w.source.tell(posted(post(3, "Третий")));
    await asked(w);
    expect(w.now.changed).toBe(0);
    expect(w.telegram.journal.entries.map((e) => e.method)).not.toContain("editMessageReplyMarkup");
    expect(answerHeld(w.keep, ROOM, "missing")).toBe(true);
    runtime.wake();
    await settled(w);
    // From here on it is known again.
    w.telegram.faults.plan({ method: "sendMessage", fault: { kind: "accepted_then_dropped" } });
    w.source.tell(posted(post(4, "Четвёртый")));
    await settled(w);
    expect(w.bodies()).toEqual(["Первый", "Альбом", "", "Третий", "Четвёртый"]);
    await runtime.stop();
  },
);
