/**
 * The photographs that come with this example; see packages/examples/photographs/README.md for where they are from.
 */
import { fileURLToPath } from "node:url"
import { ImageId } from "./ThumbnailApi.ts"

const file = (name: string) => ({
  id: ImageId.make(name),
  path: fileURLToPath(new URL(`../../photographs/${name}.jpg`, import.meta.url))
})

/** From 0.24 to 2 megapixels. */
export const photographs = [
  file("astronaut"),
  file("coffee"),
  file("dandelion"),
  file("hubble"),
  file("retina"),
  file("rocket")
]
