import { startTelegramSimulator } from "../../simulators/telegram/server.ts";

/** The demo's Telegram: a channel in a simulator of its own, and what the configuration says of it. */
export interface DemoTelegram {
  /** Where the channel can be looked at as its members see it. */
  readonly view: string;
  /** Lines for the configuration: the section of bots, the room, and the room's name. */
  readonly bots: readonly string[];
  readonly room: readonly string[];
  readonly name: string;
  close(): Promise<void>;
}

/** So many are subscribed, as in the demo's MAX channel. */
const SUBSCRIBERS = 240;

/** Starts a simulated Telegram with a channel in which the bot may post, and pin what the week marks as important. */
export async function startDemoTelegram(title: string): Promise<DemoTelegram> {
  const telegram = await startTelegramSimulator();
  const { control } = telegram;
  const rights = [
    "can_manage_chat",
    "can_post_messages",
    "can_edit_messages",
    "can_delete_messages",
  ] as const;
  const { chatId } = control.createChat({ title, bot: { rights: [...rights] } });
  for (let n = 2; n < SUBSCRIBERS; n++) control.join({ chatId, userId: control.createUser({}).id });
  return {
    view: `${telegram.url}/chat/${chatId}`,
    name: "telegram",
    bots: [
      "telegram:",
      "  campus:",
      `    api_root: ${telegram.url}`,
      `    token: ${JSON.stringify(telegram.token)}`,
    ],
    room: [
      "  telegram:",
      "    type: telegram",
      "    bot: campus",
      `    chat: ${chatId}`,
      `    title: ${JSON.stringify(title)}`,
      "    lang: ru",
      // Pinning in a channel needs the right to edit others' posts, with which looking for a lost one is not safe.
      "    probe: off",
    ],
    close: () => telegram.close(),
  };
}
