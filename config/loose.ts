import { z } from "zod";

/**
 * What can be read of a file even if other parts of it are wrong, so that the cross-checks run and all is told at once.
 * What does not fit is as if not written: the schema says so already.
 */
const text = z.string().optional().catch(undefined);
const number = z.number().optional().catch(undefined);
const id = z.union([z.string(), z.number()]).transform(String).optional().catch(undefined);

const source = z.object({
  type: text,
  token: text,
  token_file: text,
  proxy: text,
  proxy_file: text,
  ca_file: text,
});
/** Where something goes in Telegram. */
const chat = { bot: text, chat: id, topic: id };
const room = z.object({
  type: text,
  account: text,
  history: number,
  ...chat,
  probe: text,
  carrier: z.object(chat).optional().catch(undefined),
});
/** An account with a messenger. */
const account = z.object({ proxy: text, proxy_file: text, ca_file: text });
const bot = z.object({
  token: text,
  token_file: text,
  proxy: text,
  proxy_file: text,
  ca_file: text,
  api_root: text,
});
const mapping = z.object({
  name: text,
  source: text,
  channel: id,
  rooms: z.array(z.unknown()).catch([]),
  edits: text,
  removals: text,
  largest_file: text,
  pin: z.array(z.unknown()).catch([]),
});
const Loose = z.object({
  data: text,
  witness: text,
  vault: z.object({ key_file: text }).catch({}),
  sources: z.record(z.string(), source.catch({})).catch({}),
  matrix: z.record(z.string(), account.catch({})).catch({}),
  telegram: z.record(z.string(), bot.catch({})).catch({}),
  rooms: z.record(z.string(), room.catch({})).catch({}),
  mappings: z.array(mapping.catch({ rooms: [], pin: [] })).catch([]),
  feed: z.object({ folder: text, listen: text }).catch({}),
  notices: z.object({ webhook: text, webhook_file: text, webhook_secret_file: text }).catch({}),
  monitor: z.object({ listen: text, allow_remote: z.boolean().optional().catch(undefined) }).catch({}),
});
export type Loose = z.infer<typeof Loose>;

const nothing: Loose = {
  vault: {},
  sources: {},
  matrix: {},
  telegram: {},
  rooms: {},
  mappings: [],
  feed: {},
  notices: {},
  monitor: {},
};

export function loosely(value: unknown): Loose {
  const read = Loose.safeParse(value);
  return read.success ? read.data : nothing;
}
