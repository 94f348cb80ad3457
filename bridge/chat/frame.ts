import { chatLines } from "./lines.ts";

/** Something written to the bridge in a direct chat. */
export interface Heard {
  /** Tells one writer from another. It stays in memory, and is never written down. */
  readonly from: string;
  /** Whether the bridge was told, by who runs it, to listen to this writer. */
  readonly known: boolean;
  readonly text: string;
}

/** One thing that can be asked for. */
export interface Command {
  /** In lower case; the first is its name. */
  readonly words: readonly string[];
  /** One line for the list of what is understood. */
  readonly about: string;
  /** `rest`: what followed the word, in the writer's own spelling. */
  answer(rest: string): string;
}

export interface Frame {
  /** The answer to what was heard; null: none is given. */
  hear(heard: Heard): string | null;
  /** The one polite line for a stranger; null: this one had it already. */
  stranger(from: string): string | null;
}

/** So many strangers are told apart; further ones get no answer until the next start. */
const STRANGERS = 1_000;
/** Of a longer text no command is made. */
const LONGEST = 2_000;

/**
 * The frame of a direct chat with the bridge: reads what is asked for, decides whether this writer may, answers. It
 * knows no messenger, sends nothing, and keeps nothing of what was said. So far `help` is all that can be asked for;
 * `more` is what comes to it.
 */
export function createFrame(lang: "ru" | "en", more: readonly Command[] = []): Frame {
  const say = chatLines(lang);
  const met = new Set<string>();
  const help: Command = {
    words: ["help", "помощь", "справка", "start", "?"],
    about: say.help,
    answer: () => [say.intro, ...commands.map((command) => `• ${command.about}`)].join("\n"),
  };
  const commands = [help, ...more];

  const stranger = (from: string): string | null => {
    if (met.has(from) || met.size >= STRANGERS) return null;
    met.add(from);
    return say.stranger;
  };

  return {
    stranger,
    hear({ from, known, text }) {
      if (!known) return stranger(from);
      const { word, rest } = parsed(text);
      if (word === "") return null;
      return commands.find((command) => command.words.includes(word))?.answer(rest) ?? say.unknown;
    },
  };
}

/** The first word, without the sign that some messengers put before a command, and what follows it. */
function parsed(text: string): { readonly word: string; readonly rest: string } {
  if (text.length > LONGEST) return { word: "-", rest: "" };
  const [, word = "", rest = ""] = /^\s*[/!]?(\S*)\s*([\s\S]*)$/.exec(text) ?? [];
  return { word: word.normalize("NFKC").toLowerCase(), rest: rest.trim() };
}
