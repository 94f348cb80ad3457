import { call } from "./call.ts";
import type { CareWords } from "./shape-care.ts";

/** Dead letters and notices, in English. */
export const care: CareWords = {
  help: {
    dead: "announcements that a room did not take",
    retry: "try again: one by its number, those of a room, or all",
    drop: "erase for good: one by its number, those of a room, or all",
    id: "the number that the list shows",
    room: "all of this room",
    all: "all of them",
    notices: "how you are told when something is wrong",
    test: "send a test by every way and say which arrived",
  },
  dead: {
    none: "There are none: the rooms took everything.",
    actions: {
      post: "a post",
      edit: "an edit",
      late: "a file that came late",
      strike: "striking out a post",
      reply: "a note on a change",
      remove: "taking back a post",
      note: "a note about a gap",
      digest: "repeating a post for those who came later",
    },
    letter: (id, room, action, ago, code) => `${id}  room "${room}": ${action}, refused ${ago} ago (${code})`,
    gone: "it is no longer kept, so it cannot be tried again; it can only be dropped",
    hint: `To try again: ${call("dead retry NUMBER")} (or --room ROOM, or --all). To erase: ${call("dead drop NUMBER")}`,
    which: "Say which: a number from the list, --room ROOM or --all, one of the three.",
    unknown: (id) => `${id}: there is none with this number. The list: ${call("dead")}`,
    queued: (id) => `${id}: waits in its place in the lane again.`,
    superseded: (id) =>
      `${id}: the room has something newer since, or the post was removed. Nothing needs to be sent; it was dropped.`,
    dropped: (id) => `${id}: erased.`,
    goneOne: (id) =>
      `${id}: what it would bring is no longer kept (see history in the settings). It can only be dropped.`,
    stopped: `The bridge is not running, so nothing is sent yet. To start it: ${call("run")}`,
  },
  notices: {
    routes: { log: "log", command: "command", webhook: "webhook" },
    arrived: (route) => `✓ ${route}: taken`,
    failed: {
      log: "✗ log: it could not be written. Check log.file, its folder's rights and the free space",
      command:
        "✗ command: it could not be started, took too long, or did not end with 0. Check notices.command by calling it yourself",
      webhook:
        "✗ webhook: the address did not answer with 2xx. Check notices.webhook, the secret and the network",
    },
    only: `Nobody but the log is told when something is wrong, and a log is read by nobody at night. Set notices.command or notices.webhook, and try it: ${call("notices test")}`,
    second: (routes) =>
      `besides the log you are told by ${routes.join(", ")}. To see that it arrives: ${call("notices test")}`,
  },
};
