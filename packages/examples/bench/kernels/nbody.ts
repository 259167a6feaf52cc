/** Objects with floating-point fields, and loops of five rounds. */
interface Body {
  x: number
  y: number
  z: number
  vx: number
  vy: number
  vz: number
  readonly m: number
}

function advance(bodies: ReadonlyArray<Body>, dt: number): void {
  const n = bodies.length
  for (let i = 0; i < n; i++) {
    const a = bodies[i]!
    for (let j = i + 1; j < n; j++) {
      const b = bodies[j]!
      const dx = a.x - b.x
      const dy = a.y - b.y
      const dz = a.z - b.z
      const d2 = dx * dx + dy * dy + dz * dz
      const mag = dt / (d2 * Math.sqrt(d2))
      a.vx -= dx * b.m * mag
      a.vy -= dy * b.m * mag
      a.vz -= dz * b.m * mag
      b.vx += dx * a.m * mag
      b.vy += dy * a.m * mag
      b.vz += dz * a.m * mag
    }
  }
  for (let i = 0; i < n; i++) {
    const b = bodies[i]!
    b.x += dt * b.vx
    b.y += dt * b.vy
    b.z += dt * b.vz
  }
}

export function run(steps: number): number {
  "use steppable"
  const bodies: Array<Body> = []
  for (let i = 0; i < 5; i++) {
    bodies.push({
      x: i * 1.1 + 0.1,
      y: i * 0.7 - 0.2,
      z: i * 0.3 + 0.5,
      vx: 0.01 * i,
      vy: 0.02,
      vz: -0.01 * i,
      m: i === 0 ? 39.4 : 0.03 * i
    })
  }
  for (let s = 0; s < steps; s++) {
    advance(bodies, 0.001)
  }
  return bodies[0]!.x
}

export const input = (): Parameters<typeof run> => [300_000]

export const digest = (result: number): number => result
