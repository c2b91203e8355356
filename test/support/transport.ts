/** Handmade transport streams (ISO/IEC 13818-1 §2.4). */

/** A registration descriptor for AC-3. */
export const AC3 = Buffer.from([0x05, 4, ...Buffer.from('AC-3')])

/** Packets of 188 bytes that carry sections, `room` bytes of them in each. */
export function tablePackets(pid: number, sections: Buffer, room = 184): Buffer {
  return packetsOf(pid, Buffer.concat([Buffer.of(0), sections]), room)
}

/** Packets that each begin a unit of a video or audio stream. */
export function mediaPackets(pid: number, units: number): Buffer {
  const unit = packetsOf(pid, Buffer.of(0, 0, 1, 0xc0, 0, 0, 0x80, 0, 0), 184)
  return Buffer.concat(Array.from({ length: units }, () => unit))
}

function packetsOf(pid: number, payload: Buffer, room: number): Buffer {
  const packets: Buffer[] = []
  for (let at = 0; at < payload.length; at += room) {
    const piece = payload.subarray(at, at + room)
    const packet = Buffer.alloc(188, 0xff)
    const isPadded = piece.length < 184
    packet.writeUInt32BE(0x47000010 + (at === 0 ? 0x400000 : 0) + pid * 256 + (isPadded ? 0x20 : 0))
    if (isPadded) {
      packet[4] = 183 - piece.length
      if (packet[4] > 0) packet[5] = 0
    }
    piece.copy(packet, 188 - piece.length)
    packets.push(packet)
  }
  return Buffer.concat(packets)
}

function section(table: number, number: number, body: Buffer, isNext = false): Buffer {
  const head = Buffer.of(table, 0, 0, number >> 8, number & 255, isNext ? 0xc0 : 0xc1, 0, 0)
  head.writeUInt16BE(0xb000 | (body.length + 9), 1)
  const bytes = Buffer.concat([head, body])
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(bytes))
  return Buffer.concat([bytes, sum])
}

/** A program association table: the programs' numbers, and the PIDs of their tables. */
export function associations(...programs: readonly (readonly [number: number, pid: number])[]): Buffer {
  return section(
    0,
    1,
    Buffer.concat(
      programs.map(([number, pid]) => Buffer.of(number >> 8, number & 255, 0xe0 | (pid >> 8), pid & 255)),
    ),
  )
}

/** A program map table. */
export function mapOf(
  number: number,
  streams: readonly (readonly [type: number, pid: number, descriptors?: Buffer])[],
  { isNext = false } = {},
): Buffer {
  const entries = streams.flatMap(([type, pid, more = Buffer.alloc(0)]) => [
    Buffer.of(type, 0xe0 | (pid >> 8), pid & 255, 0xf0, more.length),
    more,
  ])
  return section(2, number, Buffer.concat([Buffer.of(0xe1, 0, 0xf0, 0), ...entries]), isNext)
}

/** CRC-32/MPEG-2, bit by bit. */
function crc32(bytes: Buffer): number {
  let crc = 0xffffffffn
  for (const byte of bytes) {
    crc ^= BigInt(byte) << 24n
    for (let bit = 0; bit < 8; bit++) {
      crc = ((crc << 1n) ^ (crc & 0x80000000n ? 0x104c11db7n : 0n)) & 0xffffffffn
    }
  }
  return Number(crc)
}
