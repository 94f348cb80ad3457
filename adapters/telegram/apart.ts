import type { Fixed, Ref, SendStep, Step } from "./fixed.ts";

/**
 * The same with an album's files sent one by one: where the server takes an album neither as it is nor as plain files,
 * one of them is to blame, or that they are too much together. Like the album they have no buttons: one that was lost
 * before may stand there, and must not be taken for one of them. `at`: the step that sends the album.
 */
export function apart(fixed: Fixed, at: number): Fixed {
  const album = fixed.steps[at];
  if (album?.do !== "send" || album.messages.length === 1) return fixed;
  const more = album.messages.length - 1;
  const moved = <T extends Ref>(ref: T): Ref => {
    if (typeof ref === "number" || ref.step < at) return ref;
    return ref.step === at ? { step: at + ref.index, index: 0 } : { ...ref, step: ref.step + more };
  };
  const { reply } = album;
  const answersOwn =
    reply !== null && (typeof reply !== "number" || fixed.slots.some((slot) => slot.id === reply));
  const alone = album.messages.map(
    (message, i): SendStep => ({
      ...album,
      messages: [message],
      reply: i === 0 || answersOwn ? reply : { step: at, index: 0 },
      silent: album.silent || i > 0,
    }),
  );
  const later = fixed.steps.slice(at + 1).map((step): Step => {
    if (step.do === "send") return { ...step, reply: step.reply === null ? null : moved(step.reply) };
    return step.do === "pin" || step.do === "unpin" ? { ...step, id: moved(step.id) } : step;
  });
  return {
    ...fixed,
    steps: [...fixed.steps.slice(0, at), ...alone, ...later],
    slots: fixed.slots.map((slot) => {
      const ofAlbum = typeof slot.id !== "number" && slot.id.step === at;
      return { ...slot, id: moved(slot.id), album: slot.album && !ofAlbum };
    }),
    pinned: fixed.pinned === null ? null : moved(fixed.pinned),
  };
}
