/** Integer arithmetic in loops of constant length, called for each block. */
const constants = new Int32Array(64)
const initial = new Int32Array(8)
{
  let n = 0
  let candidate = 2
  const fraction = (x: number): number => ((x - Math.floor(x)) * 4_294_967_296) | 0
  while (n < 64) {
    let prime = true
    for (let i = 2; i * i <= candidate; i++) {
      if (candidate % i === 0) {
        prime = false
        break
      }
    }
    if (prime) {
      if (n < 8) initial[n] = fraction(Math.sqrt(candidate))
      constants[n] = fraction(Math.cbrt(candidate))
      n++
    }
    candidate++
  }
}

function block(hash: Int32Array, message: Uint8Array, offset: number, words: Int32Array): void {
  for (let i = 0; i < 16; i++) {
    const at = offset + i * 4
    words[i] = (message[at]! << 24) | (message[at + 1]! << 16) | (message[at + 2]! << 8) | message[at + 3]!
  }
  for (let i = 16; i < 64; i++) {
    const x = words[i - 15]!
    const y = words[i - 2]!
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
    words[i] = (words[i - 16]! + s0 + words[i - 7]! + s1) | 0
  }
  let a = hash[0]!
  let b = hash[1]!
  let c = hash[2]!
  let d = hash[3]!
  let e = hash[4]!
  let f = hash[5]!
  let g = hash[6]!
  let k = hash[7]!
  for (let i = 0; i < 64; i++) {
    const e1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const t1 = (k + e1 + ((e & f) ^ (~e & g)) + constants[i]! + words[i]!) | 0
    const a0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const t2 = (a0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    k = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  hash[0] = (hash[0]! + a) | 0
  hash[1] = (hash[1]! + b) | 0
  hash[2] = (hash[2]! + c) | 0
  hash[3] = (hash[3]! + d) | 0
  hash[4] = (hash[4]! + e) | 0
  hash[5] = (hash[5]! + f) | 0
  hash[6] = (hash[6]! + g) | 0
  hash[7] = (hash[7]! + k) | 0
}

export function run(message: Uint8Array): Int32Array {
  "use steppable"
  const length = message.length
  const padded = new Uint8Array(((length + 72) >> 6) * 64)
  padded.set(message)
  padded[length] = 128
  const bits = length * 8
  for (let i = 0; i < 4; i++) {
    padded[padded.length - 1 - i] = (bits >>> (i * 8)) & 255
  }
  const hash = initial.slice()
  const words = new Int32Array(64)
  for (let offset = 0; offset < padded.length; offset += 64) {
    block(hash, padded, offset, words)
  }
  return hash
}

export const input = (): Parameters<typeof run> => [new Uint8Array(4 << 20).map((_, i) => i * 31)]

export const digest = (result: Int32Array): number => result[0]!
