/**
 * Reads the tables of an MPEG transport stream (ISO/IEC 13818-1 §2.4), which list the streams of its programs, as soon
 * as they arrive. Packets have 188 bytes, 192 (BDAV, with a leading time stamp) or 204 (with trailing parity).
 *
 * It reads each packet once, however often it is called as the head grows.
 */

/** The audio of a transport stream. */
export interface TransportAudio {
  /** The streams of every program are known. */
  readonly isComplete: boolean
  /** Every video and audio stream in the tables has begun its second unit. */
  readonly isUnderWay: boolean
  /** Streams of AAC in ADTS frames. */
  readonly adts: number
  /** Streams of other audio. */
  readonly others: number
  /** Streams whose kind only their content shows. */
  readonly unknown: number
}

type Kind = 'adts' | 'audio' | 'video' | 'data' | 'unknown'

/** The relevant parts of a program map table (PMT). */
interface Program {
  /** How often the table has arrived. */
  readonly seen: number
  readonly streams: readonly { readonly pid: number; readonly kind: Kind }[]
}

const PACKET = 188
const SIZES = [188, 192, 204]
const SYNC = 0x47
/** Packets that must agree on their size. */
const AGREEING = 5

/** A program without a table after another's arrived this often is not in the stream: it was cut out of a mux. */
const ABSENT_AFTER = 4

/** A mux has some dozens of each. An input with more is made to waste time, and reading stops. */
const MAX_PROGRAMS = 256
const MAX_STREAMS = 1024

/** The largest section: 12 bits of length (§2.4.4). */
const MAX_SECTION = 3 + 0xfff

/** §2.4.4.9 and additions by ATSC, DVB, Blu-ray and others. */
const KINDS = new Map<number, Kind>([
  [0x0f, 'adts'],
  ...list('video', [0x01, 0x02, 0x10, 0x1b, 0x1e, 0x1f, 0x20, 0x21, 0x24, 0x25, 0x27, 0x31, 0x32, 0x33]),
  ...list('video', [0x42, 0xd1, 0xd2, 0xd4, 0xdb, 0xea]),
  // MPEG audio, AAC in LATM frames, AC-3, DTS and related codecs.
  ...list('audio', [0x03, 0x04, 0x11, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x87, 0xa1, 0xa2, 0xc1, 0xc2]),
  ...list('data', [0x05, 0x08, 0x0a, 0x0b, 0x0c, 0x0d, 0x13, 0x14, 0x15, 0x16, 0x90, 0x91, 0x92]),
])

/** Descriptors that give the kind of a private stream (0x06): DVB, ETSI EN 300 468 §6.1. */
const DESCRIPTORS = new Map<number, Kind>([
  ...list('data', [0x45, 0x46, 0x56, 0x59]),
  ...list('audio', [0x6a, 0x7a, 0x7b]),
])

/** The same for the four letters of a registration descriptor (§2.6.8). */
const REGISTERED = new Map<string, Kind>([
  ...list('audio', ['AC-3', 'EAC3', 'AC-4', 'BSSD', 'Opus', 'DTS1', 'DTS2', 'DTS3']),
  ...list('video', ['HEVC', 'VC-1', 'AV01', 'drac']),
  ...list('data', ['KLVA', 'ID3 ', 'CUEI']),
])

const REGISTRATION = 0x05

function list<Name>(kind: Kind, names: readonly Name[]): [Name, Kind][] {
  return names.map(name => [name, kind])
}

/** Reads the tables of a growing head. All heads passed to one instance begin with the same bytes. */
export class TsTables {
  /** Number of packets read. */
  visited = 0
  /** Number of programs and streams counted, including repetitions. */
  counted = 0
  #frame: { readonly size: number } | undefined
  #at = 0
  readonly #sections = new Map<number, Buffer>()
  /** Programs in the association table, by number. */
  readonly #listed = new Set<number>()
  readonly #tablePids = new Set<number>()
  readonly #programs = new Map<number, Program>()
  readonly #begun = new Map<number, number>()
  #isTooMuch = false
  /** The result of the packets read so far. */
  #found: TransportAudio | undefined

  /** The result of the first bytes; `undefined` for anything but a transport stream of reasonable size. */
  look(head: Buffer): TransportAudio | undefined {
    this.#frame ??= this.#findFrame(head)
    if (this.#frame === undefined) return undefined
    for (; this.#at + PACKET <= head.length && head[this.#at] === SYNC; this.#at += this.#frame.size) {
      if (this.#isTooMuch) return undefined
      this.visited++
      this.#found = undefined
      this.#read(head.subarray(this.#at, this.#at + PACKET))
    }
    return this.#isTooMuch ? undefined : (this.#found ??= this.#audio())
  }

  #audio(): TransportAudio {
    const streams = [...this.#programs.values()].flatMap(program => program.streams)
    this.counted += this.#listed.size + streams.length
    const count = (kind: Kind) => streams.filter(stream => stream.kind === kind).length
    return {
      isComplete: this.#isComplete(),
      isUnderWay: streams.every(({ pid, kind }) => kind === 'data' || (this.#begun.get(pid) ?? 0) > 1),
      adts: count('adts'),
      others: count('audio'),
      unknown: count('unknown'),
    }
  }

  #isComplete(): boolean {
    if (this.#programs.size === 0) return false
    const most = Math.max(...[...this.#programs.values()].map(({ seen }) => seen))
    return most >= ABSENT_AFTER || [...this.#listed].every(number => this.#programs.has(number))
  }

  /** Finds the first packet and the packet size. */
  #findFrame(head: Buffer): { size: number } | undefined {
    for (const size of SIZES) {
      for (let start = 0; start < size && start + (AGREEING - 1) * size < head.length; start++) {
        let n = 0
        while (n < AGREEING && head[start + n * size] === SYNC) n++
        if (n < AGREEING) continue
        this.#at = start
        return { size }
      }
    }
    return undefined
  }

  #read(packet: Buffer): void {
    const pid = packet.readUInt16BE(1) & 0x1fff
    const isStart = (packet[1]! & 0x40) !== 0
    if (isStart) this.#begun.set(pid, (this.#begun.get(pid) ?? 0) + 1)
    if (pid !== 0 && !this.#tablePids.has(pid)) return
    const payload = payloadOf(packet)
    const pointer = isStart ? 1 + (payload[0] ?? 0) : payload.length
    this.#append(pid, payload.subarray(isStart ? 1 : 0, pointer))
    if (!isStart) return
    this.#sections.set(pid, Buffer.alloc(0))
    this.#append(pid, payload.subarray(pointer))
  }

  /** Appends to the sections of a packet identifier, and reads each complete one. */
  #append(pid: number, bytes: Buffer): void {
    const before = this.#sections.get(pid)
    if (before === undefined) return
    let rest = before.length === 0 ? bytes : Buffer.concat([before, bytes])
    // After the last section, a packet holds stuffing: 0xFF, no table's number.
    while (rest.length >= 3 && rest[0] !== 0xff) {
      const end = 3 + (rest.readUInt16BE(1) & 0xfff)
      if (rest.length < end) break
      this.#section(pid, rest.subarray(0, end))
      rest = rest.subarray(end)
    }
    if (rest.length > MAX_SECTION || rest[0] === 0xff) this.#sections.delete(pid)
    else this.#sections.set(pid, rest)
  }

  #section(pid: number, bytes: Buffer): void {
    // A damaged section, or one for later use.
    if (bytes.length < 12 || crc32(bytes) !== 0 || (bytes[5]! & 1) === 0) return
    const section = bytes.subarray(0, -4)
    if (pid === 0 && section[0] === 0) {
      for (const program of programsOf(section)) {
        this.#listed.add(program.number)
        this.#tablePids.add(program.pid)
      }
    } else if (pid !== 0 && section[0] === 2 && section.length >= 12) {
      const number = section.readUInt16BE(3)
      const seen = 1 + (this.#programs.get(number)?.seen ?? 0)
      this.#programs.set(number, { seen, streams: streamsOf(section) })
    }
    let streams = 0
    this.counted += this.#programs.size
    for (const program of this.#programs.values()) streams += program.streams.length
    this.#isTooMuch = Math.max(this.#listed.size, this.#programs.size) > MAX_PROGRAMS || streams > MAX_STREAMS
  }
}

/** §2.4.3.2: the bytes after the adaptation field. */
function payloadOf(packet: Buffer): Buffer {
  const control = packet[3]! & 0x30
  if (control === 0x10) return packet.subarray(4)
  return control === 0x30 ? packet.subarray(5 + packet[4]!) : packet.subarray(PACKET)
}

/** §2.4.4.3: the programs and the identifiers of their tables. Number 0 is the network's table. */
function programsOf(section: Buffer): { number: number; pid: number }[] {
  const programs: { number: number; pid: number }[] = []
  for (let at = 8; at + 4 <= section.length; at += 4) {
    const number = section.readUInt16BE(at)
    if (number !== 0) programs.push({ number, pid: section.readUInt16BE(at + 2) & 0x1fff })
  }
  return programs
}

/** §2.4.4.8: the streams of a program. */
function streamsOf(section: Buffer): Program['streams'] {
  const streams: { pid: number; kind: Kind }[] = []
  let at = 12 + (section.readUInt16BE(10) & 0xfff)
  const programs = registrationsOf(section.subarray(12, at))
  while (at + 5 <= section.length) {
    const pid = section.readUInt16BE(at + 1) & 0x1fff
    const end = at + 5 + (section.readUInt16BE(at + 3) & 0xfff)
    streams.push({ pid, kind: kindOf(section[at]!, section.subarray(at + 5, end), programs) })
    at = end
  }
  return streams
}

function kindOf(type: number, descriptors: Buffer, programs: readonly string[]): Kind {
  // DTS on a Blu-ray; elsewhere SCTE 35 cues.
  if (type === 0x86) return programs.includes('HDMV') ? 'audio' : 'data'
  const known = KINDS.get(type)
  if (known !== undefined) return known
  const kinds = [
    ...registrationsOf(descriptors).map(name => REGISTERED.get(name)),
    ...tagsOf(descriptors).map(({ tag }) => DESCRIPTORS.get(tag)),
  ]
  return kinds.find(kind => kind !== undefined) ?? 'unknown'
}

function registrationsOf(descriptors: Buffer): string[] {
  return tagsOf(descriptors)
    .filter(({ tag }) => tag === REGISTRATION)
    .map(({ body }) => body.toString('latin1', 0, 4))
}

/** §2.6: one byte of tag, one byte of length. */
function tagsOf(descriptors: Buffer): { tag: number; body: Buffer }[] {
  const tags: { tag: number; body: Buffer }[] = []
  for (let at = 0; at + 2 <= descriptors.length; at += 2 + descriptors[at + 1]!) {
    tags.push({ tag: descriptors[at]!, body: descriptors.subarray(at + 2, at + 2 + descriptors[at + 1]!) })
  }
  return tags
}

/** Annex A: the checksum of a section that includes its own is 0. */
function crc32(bytes: Buffer): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte << 24
    for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1
  }
  return crc >>> 0
}
