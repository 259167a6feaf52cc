/**
 * Makes a picture of a screen smaller: a PNG file with a palette of its 256 most frequent colours. Chromium writes 24 bits for each pixel,
 * and a repository keeps every version of a picture.
 */
import { constants, crc32, deflateSync, inflateSync } from "node:zlib"

interface Pixels {
  readonly width: number
  readonly height: number
  /** red, green and blue of each, in one number */
  readonly colours: Uint32Array
}

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

const chunksOf = (png: Buffer): ReadonlyArray<readonly [type: string, data: Buffer]> => {
  const chunks: Array<readonly [string, Buffer]> = []
  for (let at = signature.length; at < png.length;) {
    const length = png.readUInt32BE(at)
    chunks.push([png.toString("latin1", at + 4, at + 8), png.subarray(at + 8, at + 8 + length)])
    at += 12 + length
  }
  return chunks
}

/** PNG's predictor: the neighbour that is nearest to left + above - aboveLeft. */
const paeth = (left: number, above: number, aboveLeft: number): number => {
  const guess = left + above - aboveLeft
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - above), Math.abs(guess - aboveLeft)]
  return a <= b && a <= c ? left : b <= c ? above : aboveLeft
}

/** Of a file with 8 bits for each channel, without interlacing, as browsers write it. */
const decode = (png: Buffer): Pixels => {
  const chunks = chunksOf(png)
  const header = chunks[0]![1]
  const [width, height, kind] = [header.readUInt32BE(0), header.readUInt32BE(4), header[9]]
  const channels = kind === 6 ? 4 : 3
  const rows = inflateSync(Buffer.concat(chunks.filter(([type]) => type === "IDAT").map(([, data]) => data)))
  const length = width * channels
  const colours = new Uint32Array(width * height)
  let above = new Uint8Array(length)
  for (let y = 0; y < height; y++) {
    const start = y * (length + 1)
    const filter = rows[start]
    const row = new Uint8Array(rows.subarray(start + 1, start + 1 + length))
    for (let x = 0; x < length; x++) {
      const left = x < channels ? 0 : row[x - channels]!
      const aboveLeft = x < channels ? 0 : above[x - channels]!
      const up = above[x]!
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, aboveLeft)][filter!]!
      row[x] = row[x]! + guess
    }
    for (let x = 0; x < width; x++) {
      const at = x * channels
      colours[y * width + x] = (row[at]! << 16) | (row[at + 1]! << 8) | row[at + 2]!
    }
    above = row
  }
  return { width, height, colours }
}

const distance = (a: number, b: number): number =>
  ((a >> 16) - (b >> 16)) ** 2 + (((a >> 8) & 255) - ((b >> 8) & 255)) ** 2 + ((a & 255) - (b & 255)) ** 2

const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

/** The same picture in a smaller file. */
export const smaller = (png: Buffer): Buffer => {
  const { colours, height, width } = decode(png)
  const counts = new Map<number, number>()
  for (const colour of colours) counts.set(colour, (counts.get(colour) ?? 0) + 1)
  const palette = Array.from(counts.keys())
    .sort((a, b) => counts.get(b)! - counts.get(a)!)
    .slice(0, 256)
  const index = new Map(
    Array.from(counts.keys(), (colour) => {
      let best = 0
      for (let k = 1; k < palette.length; k++) {
        if (distance(colour, palette[k]!) < distance(colour, palette[best]!)) best = k
      }
      return [colour, best]
    })
  )
  // each row begins with its filter, none
  const rows = Buffer.alloc((width + 1) * height)
  colours.forEach((colour, at) => (rows[at + Math.floor(at / width) + 1] = index.get(colour)!))
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 3, 0, 0, 0], 8)
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("PLTE", Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]))),
    chunk("IDAT", deflateSync(rows, { level: 9, memLevel: 9, strategy: constants.Z_DEFAULT_STRATEGY })),
    chunk("IEND", Buffer.alloc(0))
  ])
}
