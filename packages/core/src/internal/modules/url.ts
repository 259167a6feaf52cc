/**
 * What two URLs of one module have in common. A loader appends a query or a hash to load a module again: the file is the
 * same, the evaluation is another.
 */

/** The URL without its query and hash. */
export const fileOf = (moduleUrl: string): string => moduleUrl.replace(/[?#].*$/s, "")

/** Whether the URL is that of a module of which a bundler has made files: it has the module's id in its hash, see decision 0113. */
export const isBundled = (moduleUrl: string): boolean => bundled.test(moduleUrl)

const bundled = /#giveway=[\w-]+$/

/** What all URLs of a module have in common: its file, or its id. */
export const moduleOf = (moduleUrl: string): string => bundled.exec(moduleUrl)?.[0] ?? fileOf(moduleUrl)

/** The same as a path, in the form in which it can be compared with the name of a script, which is a URL or a path. */
export const pathOf = (name: string): string => {
  const isUrl = name.startsWith("file:")
  const path = fileOf(name)
    .replace(/^file:\/\//, "")
    .replaceAll("\\", "/")
    .replace(/^\/(?=[A-Za-z]:\/)/, "")
  if (!isUrl) return path
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
