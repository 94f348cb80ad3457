import { z } from "zod";
import type { JsonObject } from "./json.ts";
import { bad } from "./refused.ts";

const Button = z.looseObject({
  text: z.string(),
  url: z.string().optional(),
  callback_data: z.string().optional(),
});
const Inline = z.object({ inline_keyboard: z.array(z.array(Button)) });

/** What is longer, as JSON, is too long; an estimate of what the real server takes. */
const LONGEST = 10_000;
const MANY = 100;

function urlWorks(url: string): boolean {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(url) ? url : `http://${url}`;
  if (!URL.canParse(full)) return false;
  const { protocol, hostname } = new URL(full);
  if (protocol === "tg:" || protocol === "ton:") return true;
  return (protocol === "http:" || protocol === "https:") && hostname.includes(".");
}

function checked(button: z.output<typeof Button>): void {
  if (button.text.trim() === "") throw bad("can't parse inline keyboard button: Text is empty");
  const { url, callback_data } = button;
  if (url !== undefined && !urlWorks(url)) throw bad("BUTTON_URL_INVALID");
  if (callback_data !== undefined && (callback_data === "" || Buffer.byteLength(callback_data) > 64))
    throw bad("BUTTON_DATA_INVALID");
  const kinds = ["url", "callback_data", "copy_text", "login_url", "web_app", "switch_inline_query", "pay"];
  if (!kinds.some((kind) => button[kind] !== undefined))
    throw bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard");
}

/** An inline keyboard as it is kept; null: none, or an empty one. Other keyboards are taken and not shown. */
export function markupOf(given: JsonObject | undefined): JsonObject | null {
  if (given === undefined || given.inline_keyboard === undefined) return null;
  const found = Inline.safeParse(given);
  if (!found.success) throw bad("can't parse inline keyboard button");
  const rows = found.data.inline_keyboard.filter((row) => row.length > 0);
  if (rows.length === 0) return null;
  for (const button of rows.flat()) checked(button);
  if (rows.flat().length > MANY || JSON.stringify(rows).length > LONGEST)
    throw bad("reply markup is too long");
  return { inline_keyboard: z.array(z.array(z.record(z.string(), z.json()))).parse(rows) };
}

/** Whether two keyboards are the same. */
export const sameMarkup = (a: JsonObject | null, b: JsonObject | null): boolean =>
  JSON.stringify(a) === JSON.stringify(b);
