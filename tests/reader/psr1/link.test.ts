import { expect, test } from "vitest";
import { originUrl, readLink } from "../../../adapters/web/reader/psr1/link.ts";
import { RoomWriter } from "../room/writer.helper.ts";

test("origins are written without scheme: https, but http on this machine; with port and path, and no more", () => {
  expect(originUrl("feed.example.org")).toBe("https://feed.example.org");
  expect(originUrl("feed.example.org:8443/a/b/")).toBe("https://feed.example.org:8443/a/b");
  expect(originUrl("localhost:8080/x")).toBe("http://localhost:8080/x");
  expect(originUrl("127.0.0.1")).toBe("http://127.0.0.1");
  expect(originUrl("localhost.example.org")).toBe("https://localhost.example.org");
  for (const bad of ["", "a b", "user@feed.example.org", "feed.example.org?x=1", "feed.example.org#x"])
    expect(originUrl(bad), bad).toBeNull();
});

test("a link is read from its whole address, its fragment alone, and with blanks around it", () => {
  const link = new RoomWriter().link({ origins: ["a.example/~x", "b.example:8080"] });
  const read = readLink(link);
  expect(read).toMatchObject({ kind: "join", origins: ["a.example/~x", "b.example:8080"] });
  const [, fragment = ""] = link.split("#");
  for (const text of [fragment, `#${fragment}`, `  ${link}\n`, link.replace("%7E", "%7e")])
    expect(readLink(text)).toEqual(read);
});

test("a join link with any one character changed, left out or doubled is noticed", () => {
  const link = new RoomWriter().link({ origins: [] });
  const from = link.indexOf("#j.") + 3;
  for (let at = from; at < link.length; at++) {
    const other = link[at] === "A" ? "B" : "A";
    for (const middle of [other, "", `${link[at]}${link[at]}`])
      expect(readLink(link.slice(0, at) + middle + link.slice(at + 1)).kind, `${at}`).toBe("wrong");
  }
});

test("locators and renewals that are no such thing are no links", () => {
  const room = "0".repeat(32);
  expect(readLink(`#p.${room}.1.0.5.AAAAAAAAAAA`).kind).toBe("locator");
  for (const bad of [
    `#p.${room}.1.0.5`,
    `#p.${room}.1.0.x.AAAAAAAAAAA`,
    `#p.x.1.0.5.AAAAAAAAAAA`,
    "#a.",
    "#a.%",
    "#j.",
    "#x",
  ])
    expect(readLink(bad).kind, bad).toBe("wrong");
});
