/** A document in Markdown made HTML: blocks by their lines, recursion into quotes and lists, spans within a line. */

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }

const escape = (text: string): string => {
  let out = ""
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    out += escapes[char] ?? char
  }
  return out
}

const isLetter = (char: string | undefined): boolean => char !== undefined && /[\p{L}\p{N}]/u.test(char)

/** Emphasis, code, links and images in one piece of text. */
const spans = (text: string): string => {
  let out = ""
  let at = 0
  while (at < text.length) {
    const char = text[at]!
    if (char === "\\" && at + 1 < text.length) {
      out += escape(text[at + 1]!)
      at += 2
      continue
    }
    if (char === "`") {
      const end = text.indexOf("`", at + 1)
      if (end !== -1) {
        out += `<code>${escape(text.slice(at + 1, end))}</code>`
        at = end + 1
        continue
      }
    }
    if (char === "*" || char === "_") {
      const mark = text[at + 1] === char ? char + char : char
      const end = text.indexOf(mark, at + mark.length)
      if (end > at + mark.length && text[at + mark.length] !== " " && !(char === "_" && isLetter(text[at - 1]))) {
        const tag = mark.length === 2 ? "strong" : "em"
        out += `<${tag}>${spans(text.slice(at + mark.length, end))}</${tag}>`
        at = end + mark.length
        continue
      }
    }
    if (char === "[" || (char === "!" && text[at + 1] === "[")) {
      const start = char === "!" ? at + 2 : at + 1
      const middle = text.indexOf("](", start)
      const end = middle === -1 ? -1 : text.indexOf(")", middle)
      if (end !== -1) {
        const label = text.slice(start, middle)
        const target = escape(text.slice(middle + 2, end))
        out += char === "!" ? `<img src="${target}" alt="${escape(label)}">` : `<a href="${target}">${spans(label)}</a>`
        at = end + 1
        continue
      }
    }
    out += escapes[char] ?? char
    at++
  }
  return out
}

const indentOf = (line: string): number => line.length - line.trimStart().length

const cells = (line: string): ReadonlyArray<string> =>
  line
    .replace(/^\s*\|/, "")
    .replace(/\|\s*$/, "")
    .split("|")
    .map((cell) => cell.trim())

const row = (line: string, tag: string): string =>
  `<tr>${cells(line)
    .map((cell) => `<${tag}>${spans(cell)}</${tag}>`)
    .join("")}</tr>`

const isItem = (line: string): boolean => /^\s*([-+*]|\d+\.)\s/.test(line)
const startsBlock = (line: string): boolean =>
  line.trim() === "" || /^(#{1,6}\s|>|```|\s*(---+|\*\*\*+)\s*$)/.test(line) || isItem(line)

/** The blocks of `lines`. */
const blocks = (lines: ReadonlyArray<string>): string => {
  const out: Array<string> = []
  let at = 0
  while (at < lines.length) {
    const line = lines[at]!
    if (line.trim() === "") {
      at++
      continue
    }
    if (line.startsWith("```")) {
      const language = escape(line.slice(3).trim())
      let end = at + 1
      while (end < lines.length && !lines[end]!.startsWith("```")) end++
      const code = escape(lines.slice(at + 1, end).join("\n"))
      out.push(`<pre><code class="language-${language}">${code}\n</code></pre>`)
      at = end + 1
      continue
    }
    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line)
    if (heading !== null) {
      const level = heading[1]!.length
      const text = heading[2]!
      const anchor = text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-")
      out.push(`<h${level} id="${anchor}">${spans(text)}</h${level}>`)
      at++
      continue
    }
    if (/^\s*(---+|\*\*\*+)\s*$/.test(line)) {
      out.push("<hr>")
      at++
      continue
    }
    if (line.startsWith(">")) {
      const quoted: Array<string> = []
      while (at < lines.length && lines[at]!.startsWith(">")) quoted.push(lines[at++]!.replace(/^> ?/, ""))
      out.push(`<blockquote>${blocks(quoted)}</blockquote>`)
      continue
    }
    if (isItem(line)) {
      const ordered = /^\s*\d/.test(line)
      const indent = indentOf(line)
      const items: Array<Array<string>> = []
      while (at < lines.length) {
        const next = lines[at]!
        if (isItem(next) && indentOf(next) <= indent) {
          if (indentOf(next) < indent) break
          items.push([next.replace(/^\s*([-+*]|\d+\.)\s+/, "")])
        } else if (indentOf(next) > indent && next.trim() !== "") {
          items[items.length - 1]!.push(next.slice(indent + 2))
        } else {
          break
        }
        at++
      }
      const tag = ordered ? "ol" : "ul"
      const rendered = items.map((item) =>
        item.length === 1 ? `<li>${spans(item[0]!)}</li>` : `<li>${spans(item[0]!)}${blocks(item.slice(1))}</li>`
      )
      out.push(`<${tag}>${rendered.join("")}</${tag}>`)
      continue
    }
    if (line.includes("|") && at + 1 < lines.length && /^[\s|:-]+$/.test(lines[at + 1]!)) {
      const head = row(line, "th")
      const rows: Array<string> = []
      at += 2
      while (at < lines.length && lines[at]!.includes("|")) rows.push(row(lines[at++]!, "td"))
      out.push(`<table><thead>${head}</thead><tbody>${rows.join("")}</tbody></table>`)
      continue
    }
    const paragraph: Array<string> = []
    do paragraph.push(lines[at++]!.trim())
    while (at < lines.length && !startsBlock(lines[at]!))
    out.push(`<p>${spans(paragraph.join("\n"))}</p>`)
  }
  return out.join("\n")
}

export function run(text: string): string {
  "use steppable"
  return blocks(text.split("\n"))
}

const section = (n: number): string => `
## Section ${n}: of *yield points* and \`budgets\`

A fiber that **computes for long** keeps *every other* one waiting; see [the guide](https://example.org/guide/${n}?a=1&b=2)
or ![a picture](img/${n}.png). Characters such as <, > and & are escaped, snake_case_names are not emphasis,
and \\*this\\* is none either. It has ${n} words, more or less, of which some are __strong _and_ nested__.

- the first item, with \`code < here\`
- the second one
  - nested **once**
  - nested twice
    1. and ordered
    2. to the *end*
- the last

> A quotation, that goes on
> for two lines, and has
> - a list
> - of two
>
> > and a quotation in it

| name | value | note |
| --- | ---: | :--- |
| alpha | ${n} | *first* |
| beta | ${n * 2} | [link](x) |

\`\`\`ts
const answer = (n: number) => n < ${n} ? "less & less" : "more"
\`\`\`

---
`

export const input = (): Parameters<typeof run> => [Array.from({ length: 200 }, (_, n) => section(n)).join("")]

export const digest = (result: string): number => {
  let hash = result.length
  for (let i = 0; i < result.length; i++) hash = (hash * 31 + result.charCodeAt(i)) | 0
  return hash
}
