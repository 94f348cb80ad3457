import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { FormError, readForm } from "../../../simulators/telegram/multipart.ts";

const file = `--xy\r\n--xy\r\r\n--x${"y".repeat(40)}\r\n--`;
const form = Buffer.from(
  `--xyz\r\ncontent-disposition:form-data;name="text"\r\n\r\nстрока\r\nвторая\r\n--xyz\r\ncontent-disposition:form-data;name="f1";filename=Билеты; 1.pdf\r\ncontent-type:application/octet-stream\r\n\r\n${file}\r\n--xyz\r\nContent-Disposition: form-data; name="f2"; filename="b.txt"\r\n\r\n\r\n--xyz--\r\n`,
);

async function* pieces(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const read = (bytes: Buffer, size: number, o = { keep: 1_000, most: 10_000 }) =>
  readForm(pieces(bytes, size), "xyz", o);

test("a form is the same however it is cut to pieces", async () => {
  for (let size = 1; size <= form.length; size++) {
    const got = await read(form, size);
    if (got === "tooLarge") throw new Error("too large");
    expect(got.fields).toEqual({ text: "строка\r\nвторая" });
    expect(got.files.get("f1")).toMatchObject({
      name: "Билеты; 1.pdf",
      size: file.length,
      hash: createHash("sha256").update(file).digest("hex"),
      bytes: Buffer.from(file),
    });
    expect(got.files.get("f2")).toMatchObject({ name: "b.txt", size: 0 });
  }
});

test("what is cut off is no form, what is too large is said, what is larger than is kept leaves its digest", async () => {
  await expect(read(form.subarray(0, -10), 7)).rejects.toThrow(FormError);
  await expect(read(Buffer.from("--xyz\r\n\r\n\r\n--xyz--"), 7)).rejects.toThrow(FormError);
  expect(await read(form, 7, { keep: 1_000, most: 100 })).toBe("tooLarge");
  const got = await read(form, 7, { keep: 5, most: 10_000 });
  expect(got === "tooLarge" ? null : got.files.get("f1")).toMatchObject({ size: file.length, bytes: null });
});
