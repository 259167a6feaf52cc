/**
 * The findings of `giveway doctor` as text, as JUnit XML and as JSON.
 */
import { safeLine, safeLines } from "@giveway/core/Sysmon"
import type { Finding, Findings, Verdict } from "./findings.ts"
import { faults, verdicts } from "./findings.ts"
import { paint as painted } from "../text/colours.ts"

/** The facts about a run that a report mentions. */
interface Run {
  readonly command: string
  readonly budgetMs: number
  readonly graceMs: number
  readonly dependencies: boolean
  readonly tookMs: number
  /** whether findings of lints make the run fail */
  readonly failOnLints: boolean
}

const ms = (value: number): string => (value < 10_000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`)

const often = ({ count, totalMs, worst }: Finding): string =>
  count === 1 ? `once, for ${ms(totalMs)}` : `${count} times, ${ms(totalMs)} in all, ${ms(worst.durationMs)} at worst`

const whereOf = ({ worst: { late, place } }: Finding): string | undefined => {
  if (place === undefined) return undefined
  return safeLine(
    `${late ? "near" : "at"} ${place.file}:${place.line}${place.function === undefined ? "" : ` in ${place.function}`}`
  )
}

const titleOf = ({ worst: { cause, name } }: Finding): string =>
  safeLine(name === undefined ? cause : `${cause} in \`${name}\``)

const headings: Record<Verdict, (run: Run) => string> = {
  fault: ({ budgetMs }) => `past the budget of ${ms(budgetMs)}`,
  allowed: () => "allowed, so not counted",
  dependency: () =>
    "held by a dependency that no line of the program called, so not counted (--dependencies counts it)",
  startup: ({ graceMs }) =>
    `while modules were loaded${graceMs === 0 ? "" : ` or within the first ${ms(graceMs)} of a process (--grace)`}, so not counted`,
  environment: () => "not caused by the program (garbage collection, no core, a stopped process), so not counted"
}

/** How the total divides: "7 stalls, 812 ms in all: 2 (300 ms) fault, 5 (512 ms) startup". */
const sumsOf = ({ total, totals }: Findings): string | undefined => {
  if (total.count === 0) return undefined
  const parts = verdicts.filter((verdict) => totals[verdict].count > 0)
  const texts = parts.map((verdict) => `${totals[verdict].count} (${totals[verdict].totalMs} ms) ${verdict}`)
  return `${count(total.count, "stall")}, ${total.totalMs} ms in all: ${texts.join(", ")}`
}

const count = (number: number, noun: string, plural = `${noun}s`): string => `${number} ${number === 1 ? noun : plural}`

const cutOf = ({ cut }: Findings): string =>
  `the journal was full: ${cut} or more of the last records are in no finding; mend the faults that are listed, or watch for a shorter time`

/** As text; in colours if `stream` is a terminal. */
export const render = (found: Findings, run: Run, stream: NodeJS.WriteStream): string => {
  const paint = (style: Parameters<typeof painted>[0], text: string): string => painted(style, text, stream)
  const lines = [
    paint("bold", `giveway doctor: ${run.command}`),
    paint("gray", `watched ${count(found.processes, "process", "processes")} for ${ms(run.tookMs)}`)
  ]
  for (const why of found.unwatched) lines.push(paint("red", `a process could not be watched: ${why}`))
  if (found.cut > 0) lines.push(paint("red", cutOf(found)))
  let heading: Verdict | undefined
  found.findings.forEach((finding, index) => {
    const { verdict, worst } = finding
    if (verdict !== heading) lines.push("", paint("bold", headings[verdict](run)))
    heading = verdict
    lines.push(
      `${index + 1}. ${paint(verdict === "fault" ? "red" : "yellow", titleOf(finding))} held the loop ${often(finding)}`
    )
    const where = whereOf(finding)
    if (where !== undefined) lines.push(`   ${where}`)
    if (worst.allowed !== undefined) lines.push(safeLine(`   allowed: ${worst.allowed}`))
    if (verdict === "fault") lines.push(safeLine(`   fix: ${worst.fix}`))
  })
  if (found.lints.length > 0) {
    lines.push("", paint("bold", `found by the lints when a process ended${run.failOnLints ? "" : ", not counted"}`))
  }
  for (const { count, fix, lint, message } of found.lints) {
    const more = count === 1 ? "" : ` (and ${count - 1} more like it)`
    lines.push(
      `- ${paint(run.failOnLints ? "red" : "yellow", lint)} ${safeLine(message)}${more}`,
      safeLine(`   fix: ${fix}`)
    )
  }
  const broken = faults(found).length
  const result =
    broken === 0
      ? `no fault past the budget of ${ms(run.budgetMs)}`
      : `${count(broken, "fault")} past the budget of ${ms(run.budgetMs)}`
  const sums = sumsOf(found)
  return [...lines, "", ...(sums === undefined ? [] : [sums]), paint(broken === 0 ? "green" : "red", result)].join("\n")
}

/** As JSON, for scripts. */
export const json = (found: Findings, run: Run, exitCode: number | undefined): string =>
  JSON.stringify(
    {
      ...run,
      exitCode: exitCode ?? null,
      processes: found.processes,
      unwatched: found.unwatched,
      cut: found.cut,
      lints: found.lints,
      total: found.total,
      totals: found.totals,
      findings: found.findings.map(({ count, fingerprint, totalMs, verdict, worst }) => ({
        verdict,
        cause: worst.cause,
        name: worst.name,
        file: worst.place?.file,
        line: worst.place?.line,
        function: worst.place?.function,
        late: worst.late,
        count,
        totalMs,
        worstMs: worst.durationMs,
        fix: worst.fix,
        allowed: worst.allowed,
        fingerprint,
        stack: worst.stack
      }))
    },
    undefined,
    2
  )

/** Characters that XML 1.0 cannot hold, escaped or not. */
// oxlint-disable-next-line no-control-regex
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g

/** Lines of text in XML. What XML cannot hold is shown by its number, as it is on a terminal. */
const xml = (text: string): string =>
  safeLines(text)
    .replace(forbidden, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")

/** JUnit XML: a test case for each finding, and one for the whole, so that there is always one. */
export const junit = (found: Findings, run: Run): string => {
  const broken = faults(found)
  const cases = found.findings.map((finding) => {
    const { verdict, worst } = finding
    const open = `    <testcase classname="giveway doctor" name="${xml(`${titleOf(finding)} ${whereOf(finding) ?? ""}`.trim())}" time="${(finding.totalMs / 1000).toFixed(3)}">`
    const inside =
      verdict === "fault"
        ? `<failure type="${xml(worst.cause)}" message="${xml(`held the loop ${often(finding)}: ${worst.fix}`)}">${xml(worst.stack ?? worst.text)}</failure>`
        : `<skipped message="${xml(worst.allowed ?? headings[verdict](run))}"/>`
    return `${open}${inside}</testcase>`
  })
  const linted = found.lints.map(({ count, fix, lint, message }) => {
    const text = xml(`${message} (${count}). Fix: ${fix}`)
    const inside = run.failOnLints ? `<failure type="${xml(lint)}" message="${text}"/>` : `<skipped message="${text}"/>`
    return `    <testcase classname="giveway doctor lints" name="${xml(`${lint}: ${message}`)}" time="0.000">${inside}</testcase>`
  })
  // what is left, so that the times of the cases add up to that of the suite
  const restMs = Math.max(0, Math.round(run.tookMs) - found.total.totalMs)
  const whole = `    <testcase classname="giveway doctor" name="${xml(`${run.command} stays within ${ms(run.budgetMs)}`)}" time="${(restMs / 1000).toFixed(3)}">${
    broken.length === 0 ? "" : `<failure type="budget" message="${count(broken.length, "fault")}"/>`
  }</testcase>`
  const cut =
    found.cut === 0
      ? []
      : [
          `    <testcase classname="giveway doctor" name="the journal is complete" time="0.000"><failure type="journal" message="${xml(cutOf(found))}"/></testcase>`
        ]
  const lintFailures = run.failOnLints ? linted.length : 0
  const failures = (broken.length === 0 ? 0 : broken.length + 1) + cut.length + lintFailures
  const skipped = cases.length - broken.length + linted.length - lintFailures
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="giveway doctor" tests="${cases.length + linted.length + cut.length + 1}" failures="${failures}" skipped="${skipped}" time="${((restMs + found.total.totalMs) / 1000).toFixed(3)}">
${[...cases, ...linted, ...cut, whole].join("\n")}
  </testsuite>
</testsuites>
`
}
