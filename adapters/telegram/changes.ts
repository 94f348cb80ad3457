import type { Millis } from "../../bridge/model/ids.ts";
import { plain } from "../../bridge/model/rich-text.ts";
import { DELETABLE } from "./age.ts";
import type { Call, Refusal } from "./api.ts";
import { deleteCall, editCaption, editMedia, editText, pinCall, type Spooled, unpinCall } from "./calls.ts";
import { formatted } from "./entities.ts";
import type { SendStep, Step } from "./fixed.ts";
import type { ChatId, MessageId } from "./ids.ts";

/** A step that changes what stands there. */
export type ChangeStep = Exclude<Step, SendStep>;

export interface Existing {
  readonly chat: ChatId;
  readonly id: MessageId;
  readonly spooled: Spooled;
}

/** Whether it is certainly too late for a deletion. */
export const tooOld = (step: ChangeStep, now: Millis): boolean =>
  step.do === "delete" && now - step.sent > DELETABLE;

/** The call of a step. `instead`: what is done where it cannot be deleted. */
export function changeCall(step: ChangeStep, { chat, id, spooled }: Existing, instead: boolean): Call {
  switch (step.do) {
    case "text":
      return editText({ chat, id, button: step.button }, step.body);
    case "caption":
      return editCaption({ chat, id, button: step.button }, step.body);
    case "media":
      return editMedia({ chat, id, button: step.button }, step.media, spooled);
    case "pin":
      return pinCall(chat, id);
    case "unpin":
      return unpinCall(chat, id);
    case "delete": {
      if (!instead) return deleteCall(chat, id);
      const edit = step.kind === "text" ? editText : editCaption;
      return edit({ chat, id, button: null }, formatted(plain(step.instead)));
    }
  }
}

/**
 * What is done when the server refuses: nothing more is to be done, or it is edited instead of deleted, or it is a fault.
 * What an admin of the chat deleted is not posted again.
 */
export function onRefusal(step: ChangeStep, why: Refusal, call: Call): "done" | "instead" | "fault" {
  if (why === "not_modified" || why === "message_gone") return "done";
  const passing = why === "migrated" || why === "unauthorized" || why === "not_member";
  if (passing || why === "chat_not_found") return "fault";
  // A pin is no announcement: where the bot may not, it is left.
  if (step.do === "pin" || step.do === "unpin") return "done";
  if (step.do !== "delete") return "fault";
  return call.method === "deleteMessage" ? "instead" : "done";
}
