/**
 * The exit codes of the command, each with one meaning. `--help` shows them, and so does the guide of the command line.
 *
 * **Invariant.** A finding (1) is never the same as a wrong call (2): a CI tells a slow program from a misspelt flag.
 *
 * Decision 0129.
 */
import { constants } from "node:os"

/** Nothing was found, or the output is complete. */
export const fine = 0

/** A finding, or an answer that did not come. */
export const found = 1

/** The call itself is wrong: a flag, an argument, a file that is not there. Nothing was done. */
export const misused = 2

/** `giveway init` wrote the service, but left something alone that differs. */
export const partly = 3

/** A defect of giveway. The number that BSD's `sysexits.h` has for it. */
export const defect = 70

/** The code that shells give to a process that a signal ended. */
export const ofSignal = (signal: NodeJS.Signals): number => 128 + constants.signals[signal]

type Meaning = readonly [code: string, meaning: string]

const everywhere: ReadonlyArray<Meaning> = [
  [String(misused), "a flag, an argument or a file is wrong: nothing was done, and a line says what to change"],
  [String(defect), "a defect of giveway: please report it"],
  ["130", "Ctrl-C; 143, SIGTERM"]
]

const ofCommands: Readonly<Record<string, ReadonlyArray<Meaning>>> = {
  compile: [
    ["0", "each file can be read, and no function is refused"],
    ["1", "a file cannot be read or parsed, or a function is refused"]
  ],
  doctor: [
    ["0", "the program ended with 0, and there is no fault"],
    ["1", "there is a fault, a report is incomplete, or nothing could be watched"],
    ["other", "the program's own exit code, if it is not 0; 128 and the signal's number, if a signal ended it"]
  ],
  dump: [
    ["0", "the fibers or the stack are printed"],
    ["1", "there is no such process, or it gives no answer"]
  ],
  init: [
    ["0", "the service is there"],
    ["1", "nothing was written: a line says why"],
    [String(partly), "the service is there, without a question, and something was left alone that differs"]
  ],
  run: [["other", "the program's own exit code; 128 and the signal's number, if a signal ended it"]],
  top: [
    ["0", "you left it, or the process has ended"],
    ["1", "there is no such process, or it gives no answer"]
  ]
}

/** The exit codes of a command, in the order of the table. */
export const of = (command: string): ReadonlyArray<Meaning> => {
  const own = ofCommands[command] ?? []
  const isOther = ([code]: Meaning): boolean => code === "other"
  const numbered = [...own, ...everywhere].filter((meaning) => !isOther(meaning))
  return [...numbered.toSorted(([a], [b]) => Number(a) - Number(b)), ...own.filter(isOther)]
}
