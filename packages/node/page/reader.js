/** What the page tells its reader beside what it shows: words for screen readers, and texts for the clipboard. */
import { $ } from "./dom.js"

/** Words come no faster, in ms: a loop that is held again and again would talk without end. */
const gapMs = 8000

let said
let wanted
let timer

const say = () => {
  timer = undefined
  if (wanted === said) return
  said = wanted
  $("said").textContent = said
  timer = setTimeout(say, gapMs)
}

/** Has a screen reader say it, if it is not the last that it said. Of words that come too fast it says the last. */
export const announce = (text) => {
  wanted = text
  timer ??= setTimeout(say, said === undefined ? 0 : 1000)
}

/** Copies as browsers did before they had a clipboard, which they keep from pages that come over plain HTTP from other machines. */
const copySelected = (text) => {
  const field = document.createElement("textarea")
  field.value = text
  const focused = document.activeElement
  // the rest of the page is out of reach while a dialog is open
  const place = document.querySelector("dialog[open]") ?? document.body
  place.append(field)
  field.select()
  const isDone = document.execCommand("copy")
  field.remove()
  focused?.focus()
  return isDone
}

/** Whether the text is in the clipboard now. */
export const copy = async (text) => {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copySelected(text)
  }
}
