/** Where the dashboard lives: the server says so by `<base>`, whatever path a proxy has put before it. */

/** The address of the server, with a slash at its end. */
export function baseUrl(): string {
  return new URL(".", document.baseURI).href;
}

/** The path of the dashboard without a slash at its end; empty at the root. */
export function basePath(): string {
  return new URL(baseUrl()).pathname.replace(/\/$/, "");
}

/** The address of something below the server, given without a leading slash. */
export function urlOf(path: string): string {
  return new URL(path, baseUrl()).href;
}

/** The number of the latest change of the project when the server made this page, where it says so. */
export function changeNoOfPage(): number | undefined {
  const content = document.querySelector<HTMLMetaElement>('meta[name="runreel-change-no"]')?.content;
  return content ? Number(content) : undefined;
}
