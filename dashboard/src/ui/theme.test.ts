import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { HUES, TONES } from "@/lib/vocabulary";

const css = readFileSync(new URL("./theme.css", import.meta.url), "utf8");
const light = coloursIn(css.slice(css.indexOf(":root {"), css.indexOf(':root[data-theme="dark"]')));
const dark = coloursIn(css.slice(css.indexOf(':root[data-theme="dark"]'), css.indexOf("@theme inline")));

const GROUNDS = ["page", "surface", "raised", "sunken", "hover", "selected"];
const TEXTS = ["text", "text-soft", "text-faint", "accent"];

describe.each([
  ["light", light],
  ["dark", dark],
])("the %s theme", (_, colours) => {
  it.each(TEXTS.flatMap((text) => GROUNDS.map((ground) => [text, ground])))(
    "writes %s on %s",
    (text, ground) => {
      expect(contrast(colours, text, ground)).toBeGreaterThanOrEqual(4.5);
    },
  );

  it.each(
    TONES.flatMap((tone) => ["surface", "hover", "selected", `${tone}-tint`].map((ground) => [tone, ground])),
  )("tells the tone %s on %s", (tone, ground) => {
    expect(contrast(colours, tone, ground)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(
    HUES.flatMap((hue) => ["surface", "page", "raised", "hover"].map((ground) => [`hue-${hue}`, ground])),
  )("tells %s on %s", (hue, ground) => {
    expect(contrast(colours, hue, ground)).toBeGreaterThanOrEqual(4.5);
  });

  it("draws controls and the focus so that they are seen", () => {
    for (const ground of ["page", "surface", "raised"]) {
      expect(contrast(colours, "control", ground)).toBeGreaterThanOrEqual(3);
      expect(contrast(colours, "focus", ground)).toBeGreaterThanOrEqual(3);
    }
    expect(contrast(colours, "on-accent", "accent")).toBeGreaterThanOrEqual(4.5);
    expect(contrast(colours, "surface", "bad")).toBeGreaterThanOrEqual(4.5);
    expect(contrast(colours, "page", "text")).toBeGreaterThanOrEqual(4.5);
  });
});

it("has the same names in both themes", () => {
  expect([...dark.keys()].toSorted()).toEqual([...light.keys()].toSorted());
});

function coloursIn(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map((match) => [match[1] ?? "", match[2] ?? ""]),
  );
}

function contrast(colours: Map<string, string>, one: string, other: string): number {
  const [lighter, darker] = [luminance(colours.get(one)), luminance(colours.get(other))].toSorted(
    (a, b) => b - a,
  );
  return ((lighter ?? 0) + 0.05) / ((darker ?? 0) + 0.05);
}

function luminance(colour: string | undefined): number {
  if (colour === undefined) throw new Error("the theme has no such colour");
  const [red, green, blue] = [1, 3, 5].map((begin) => {
    const part = Number.parseInt(colour.slice(begin, begin + 2), 16) / 255;
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}
