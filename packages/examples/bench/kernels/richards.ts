/** The kernel of an operating system, simulated: tasks of several classes behind one method, packets in linked queues. */

const device = 0
const work = 1

const idleId = 0
const workerId = 1
const handlerAId = 2
const handlerBId = 3
const deviceAId = 4
const deviceBId = 5

/** Words in a packet. */
const words = 4

class Packet {
  link: Packet | undefined
  id: number
  readonly kind: number
  datum = 0
  readonly data = [0, 0, 0, 0]

  constructor(link: Packet | undefined, id: number, kind: number) {
    this.link = link
    this.id = id
    this.kind = kind
  }

  /** Puts this packet at the end of `queue`. */
  addTo(queue: Packet | undefined): Packet {
    this.link = undefined
    if (queue === undefined) return this
    let last = queue
    while (last.link !== undefined) last = last.link
    last.link = this
    return queue
  }
}

const running = 0
const runnable = 1
const suspended = 2
const held = 4

class Block {
  readonly link: Block | undefined
  readonly id: number
  readonly priority: number
  readonly task: Task
  queue: Packet | undefined
  state: number

  constructor(link: Block | undefined, id: number, priority: number, queue: Packet | undefined, task: Task) {
    this.link = link
    this.id = id
    this.priority = priority
    this.queue = queue
    this.task = task
    this.state = queue === undefined ? suspended : suspended | runnable
  }

  waits(): boolean {
    return (this.state & held) !== 0 || this.state === suspended
  }

  step(): Block | undefined {
    let packet: Packet | undefined
    if (this.state === (suspended | runnable)) {
      packet = this.queue!
      this.queue = packet.link
      this.state = this.queue === undefined ? running : runnable
    }
    return this.task.process(packet)
  }

  /** Takes `packet`; gives back who runs next, `current` or this. */
  accept(current: Block, packet: Packet): Block {
    if (this.queue !== undefined) {
      this.queue = packet.addTo(this.queue)
      return current
    }
    this.queue = packet
    this.state |= runnable
    return this.priority > current.priority ? this : current
  }
}

class Scheduler {
  queued = 0
  holds = 0
  private readonly blocks: Array<Block> = []
  private list: Block | undefined
  private current!: Block

  add(id: number, priority: number, queue: Packet | undefined, task: Task): Block {
    const block = new Block(this.list, id, priority, queue, task)
    this.list = block
    this.blocks[id] = block
    return block
  }

  schedule(): void {
    let next = this.list
    while (next !== undefined) {
      if (next.waits()) next = next.link
      else {
        this.current = next
        next = next.step()
      }
    }
  }

  release(id: number): Block {
    const block = this.blocks[id]!
    block.state &= ~held
    return block.priority > this.current.priority ? block : this.current
  }

  hold(): Block | undefined {
    this.holds++
    this.current.state |= held
    return this.current.link
  }

  suspend(): Block {
    this.current.state |= suspended
    return this.current
  }

  queue(packet: Packet): Block {
    const block = this.blocks[packet.id]!
    this.queued++
    packet.link = undefined
    packet.id = this.current.id
    return block.accept(this.current, packet)
  }
}

abstract class Task {
  protected readonly scheduler: Scheduler

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler
  }

  abstract process(packet: Packet | undefined): Block | undefined
}

class Idle extends Task {
  private bits = 1
  private count: number

  constructor(scheduler: Scheduler, count: number) {
    super(scheduler)
    this.count = count
  }

  process(): Block | undefined {
    if (--this.count === 0) return this.scheduler.hold()
    if ((this.bits & 1) === 0) {
      this.bits >>= 1
      return this.scheduler.release(deviceAId)
    }
    this.bits = (this.bits >> 1) ^ 0xd008
    return this.scheduler.release(deviceBId)
  }
}

class Device extends Task {
  private pending: Packet | undefined

  process(packet: Packet | undefined): Block | undefined {
    if (packet !== undefined) {
      this.pending = packet
      return this.scheduler.hold()
    }
    if (this.pending === undefined) return this.scheduler.suspend()
    const done = this.pending
    this.pending = undefined
    return this.scheduler.queue(done)
  }
}

class Worker extends Task {
  private target = handlerAId
  private letter = 0

  process(packet: Packet | undefined): Block | undefined {
    if (packet === undefined) return this.scheduler.suspend()
    this.target = this.target === handlerAId ? handlerBId : handlerAId
    packet.id = this.target
    packet.datum = 0
    for (let i = 0; i < words; i++) {
      this.letter = this.letter === 26 ? 1 : this.letter + 1
      packet.data[i] = this.letter
    }
    return this.scheduler.queue(packet)
  }
}

class Handler extends Task {
  private jobs: Packet | undefined
  private devices: Packet | undefined

  process(packet: Packet | undefined): Block | undefined {
    if (packet !== undefined) {
      if (packet.kind === work) this.jobs = packet.addTo(this.jobs)
      else this.devices = packet.addTo(this.devices)
    }
    const job = this.jobs
    if (job === undefined) return this.scheduler.suspend()
    if (job.datum >= words) {
      this.jobs = job.link
      return this.scheduler.queue(job)
    }
    const free = this.devices
    if (free === undefined) return this.scheduler.suspend()
    this.devices = free.link
    free.datum = job.data[job.datum]!
    job.datum++
    return this.scheduler.queue(free)
  }
}

const packets = (count: number, id: number, kind: number): Packet | undefined => {
  let queue: Packet | undefined
  for (let i = 0; i < count; i++) queue = new Packet(queue, id, kind)
  return queue
}

export function run(rounds: number, count: number): { readonly queued: number; readonly holds: number } {
  "use steppable"
  let queued = 0
  let holds = 0
  for (let round = 0; round < rounds; round++) {
    const scheduler = new Scheduler()
    scheduler.add(idleId, 0, undefined, new Idle(scheduler, count)).state = running
    scheduler.add(workerId, 1000, packets(2, workerId, work), new Worker(scheduler))
    scheduler.add(handlerAId, 2000, packets(3, deviceAId, device), new Handler(scheduler))
    scheduler.add(handlerBId, 3000, packets(3, deviceBId, device), new Handler(scheduler))
    scheduler.add(deviceAId, 4000, undefined, new Device(scheduler))
    scheduler.add(deviceBId, 5000, undefined, new Device(scheduler))
    scheduler.schedule()
    queued += scheduler.queued
    holds += scheduler.holds
  }
  return { queued, holds }
}

export const input = (): Parameters<typeof run> => [20, 10_000]

// 23,246 packets are queued and 9,297 holds made in each round, as in every implementation of this benchmark
export const digest = ({ holds, queued }: ReturnType<typeof run>): number => queued * 1_000_000 + holds
