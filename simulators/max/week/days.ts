const DAY = 86_400_000;
const timeZone = "Europe/Moscow";
const date = new Intl.DateTimeFormat("ru", { timeZone, day: "numeric", month: "long" });
const weekday = new Intl.DateTimeFormat("ru", { timeZone, weekday: "short" });

const accusative: Readonly<Record<string, string>> = {
  пн: "понедельник",
  вт: "вторник",
  ср: "среду",
  чт: "четверг",
  пт: "пятницу",
  сб: "субботу",
};
const genitive: Readonly<Record<string, string>> = {
  пн: "понедельника",
  вт: "вторника",
  ср: "среды",
  чт: "четверга",
  пт: "пятницы",
  сб: "субботы",
};

/** A day on which there are classes (no Sunday), at least `days` after `now` (ms UTC), in the words of Moscow. */
export function dayAfter(now: number, days: number) {
  let at = now + days * DAY;
  if (weekday.format(at) === "вс") at += DAY;
  const short = weekday.format(at);
  return {
    /** Like "12 июня". */
    date: date.format(at),
    /** Like "среду", as in "в среду". */
    on: accusative[short] ?? short,
    /** Like "среды", as in "со среды". */
    from: genitive[short] ?? short,
    /** The date of the day before. */
    eve: date.format(at - DAY),
  };
}
