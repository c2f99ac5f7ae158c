import { describe, expect, it } from "vitest";
import type { File } from "@/api/run";
import { folderOf, groupedFiles, imageType, maybeImage, nameOf, textOf, textPreview } from "./file";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const makeFile = (path: string, change: Partial<File> = {}) =>
  ({ path, media_type: null, node_id: null, agent_name: null, ...change }) as File;

describe("previews", () => {
  it("are pictures by their bytes, never SVG", () => {
    expect(imageType(new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0]))).toBe("image/png");
    expect(imageType(bytesOf("RIFF....WEBPVP8 "))).toBe("image/webp");
    expect(imageType(bytesOf("<svg xmlns='http://www.w3.org/2000/svg'/>"))).toBeNull();
    expect(imageType(new Uint8Array())).toBeNull();
    expect(maybeImage(makeFile("a.svg", { media_type: "image/svg+xml" }))).toBe(false);
    expect(maybeImage(makeFile("a.PNG"))).toBe(true);
  });

  it("are texts where the bytes are, though a character may be cut", () => {
    const cut = bytesOf("grün").slice(0, 3);
    expect(textOf(cut, false)).toBe("gr");
    expect(textOf(cut, true)).toBeNull();
    expect(textOf(new Uint8Array([97, 0, 98]), true)).toBeNull();
  });

  it("follow what was said of the file, then its name; HTML is text", () => {
    expect(textPreview(makeFile("x", { media_type: "application/ld+json; charset=utf-8" }))).toBe("json");
    expect(textPreview(makeFile("x.CSV"))).toBe("csv");
    expect(textPreview(makeFile("x.md"))).toBe("markdown");
    expect(textPreview(makeFile("x.html", { media_type: "text/html" }))).toBe("text");
  });
});

it("names and folders are taken from paths of all kinds", () => {
  expect(["a/b.txt", "C:\\x\\y.md", "z", "dir/"].map(nameOf)).toEqual(["b.txt", "y.md", "z", "dir"]);
  expect(["a/c/b.txt", "z"].map(folderOf)).toEqual(["a/c", ""]);
});

it("files are grouped in the order of their first, and what has no group is last", () => {
  const files = [
    makeFile("1"),
    makeFile("x/2", { node_id: "write" }),
    makeFile("3", { node_id: "plan" }),
    makeFile("4", { node_id: "write" }),
  ];
  const told = (by: "node" | "folder") =>
    groupedFiles(files, by).map(({ name, files }) => [name, files.map(({ path }) => path).join()]);
  expect(told("node")).toEqual([
    ["write", "x/2,4"],
    ["plan", "3"],
    [null, "1"],
  ]);
  expect(told("folder")[0]).toEqual(["x", "x/2"]);
});
