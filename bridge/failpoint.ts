/**
 * Places where a test may stop the process or fail a step. In production {@link noFailpoints} is handed in:
 * nothing is read from anywhere and nothing happens.
 */
export const failpointNames = [
  "tx1.before",
  "tx1.inside",
  "tx1.after",
  "media.opened",
  "media.middle",
  "media.spooled",
  "media.after",
  "prepare.before",
  "file.middle",
  "file.after",
  "tx2.before",
  "tx2.inside",
  "tx2.after",
  "send.before",
  "send.after",
  "tx3.before",
  "tx3.inside",
  "tx3.after",
  "carrier.file",
  "carrier.segment",
  "carrier.head",
  "day.inside",
] as const;

/** Places on the way to a messenger: they are passed by rooms there alone. */
export const messengerFailpointNames = [
  "upload.before",
  "upload.after",
  "encrypted.after",
  "event.before",
  "event.after",
] as const;
export type Failpoint = (typeof failpointNames)[number] | (typeof messengerFailpointNames)[number];

/** Called at each named place. May throw or end the process; returns when nothing is planned there. */
export type Failpoints = (name: Failpoint) => void;

export const noFailpoints: Failpoints = () => {};
