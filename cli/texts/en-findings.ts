import type { Words } from "./shape.ts";

/** What keeps a source from being read. */
export const troubles: Words["status"]["troubles"] = {
  rate_limited: "the source asks to wait",
  server_error: "a fault on the source's side",
  unreachable: "the source cannot be reached: check network and proxy",
  not_json: "a web page came instead of an answer: check base_url and proxy",
  bad_answer: "the source's answer is not understood",
  timeout: "the source did not answer in time",
  tls: "the source's certificate is not trusted: for MAX set ca_file to the Mintsifry root",
  proxy: "the proxy does not answer or refused: check proxy",
  webhook_set: "the bot has a webhook, so polling does not work: remove the webhook",
  token_refused: "the token is refused: get a new one from the bot's maker",
  access_denied: "access is denied: check that the bot is an administrator of the channel",
  gone: "the bot or channel is gone",
};

/** Findings of a source's self-check, by code. */
export const findings: Words["findings"] = {
  ...troubles,
  token_accepted: "the token is accepted",
  not_in_channel:
    "the bot is not in this channel, or the channel's number is wrong. Ask the channel's admins to add the bot as an administrator that may read all messages, and check channel",
  channel_closed:
    "the bot was removed from the channel, or the channel is closed. Ask its admins to add the bot again",
  not_admin:
    "the bot is in the channel but no administrator, so it sees no posts. Ask the channel's admins to make it an administrator that may read all messages",
  lacks_read_all_messages:
    "the bot is an administrator but may not read all messages (read_all_messages), so it sees no posts. Ask the channel's admins to give it this right",
  channel_readable: "posts can be read",
};
