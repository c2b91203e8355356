import t from 'tap'
import { missing } from '../../support/cut.js'
import { ffmpegToFile } from '../../support/media.js'

function tag(type: number, time: number, body: Buffer): Buffer {
  const header = Buffer.alloc(11)
  header[0] = type
  header.writeUIntBE(body.length, 1, 3)
  header.writeUIntBE(time % 2 ** 24, 4, 3)
  const back = Buffer.alloc(4)
  back.writeUInt32BE(11 + body.length)
  return Buffer.concat([header, body, back])
}

function metadata(values: Record<string, number>): Buffer {
  const pairs = Object.entries(values).map(([name, value]) => {
    const bytes = Buffer.alloc(2 + name.length + 9)
    bytes.writeUInt16BE(name.length)
    bytes.write(name, 2, 'latin1')
    bytes.writeDoubleBE(value, 3 + name.length)
    return bytes
  })
  return tag(18, 0, Buffer.concat([Buffer.from('\x02\0\x0aonMetaData\x08\0\0\0\x02', 'latin1'), ...pairs]))
}

const START = Buffer.from('464c56010500000009 00000000'.replace(' ', ''), 'hex')
const frames = Array.from({ length: 100 }, (_, n) => tag(9, n * 40, Buffer.alloc(50, 0x22)))

function flv(values: Record<string, number>, count = frames.length): Buffer {
  return Buffer.concat([START, metadata(values), ...frames.slice(0, count)])
}

t.test('finds a cut tag', async t => {
  const whole = flv({})
  t.equal(await missing(whole), undefined)
  t.equal(await missing(whole.subarray(0, -4)), undefined, 'without the length of the last tag')
  t.match(await missing(whole.subarray(0, -5)), /FLV: its last tag/)
  t.equal(await missing(flv({}, 50)), undefined, 'a cut between two tags is not detectable')
})

t.test('trusts "filesize" only if "duration" agrees', async t => {
  const { length } = flv({ duration: 0, filesize: 0 })
  const truth = { duration: 4, filesize: length }
  t.equal(await missing(flv(truth)), undefined)
  t.match(await missing(flv(truth, 50)), /FLV: its metadata/)
  t.match(await missing(flv(truth, 90)), /FLV: its metadata/)
  t.equal(await missing(flv({ ...truth, filesize: length + 5000 })), undefined, 'a stale size')
  t.equal(await missing(flv({ ...truth, duration: 8 })), undefined, 'a wrong duration')
  t.equal(await missing(flv({ filesize: length }, 50)), undefined, 'no duration')
  t.equal(await missing(flv({ duration: 4, filesize: 0 }, 50)), undefined, 'no size')
})

t.test('counts frames by their presentation time', async t => {
  const args = ['-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=5:d=4', '-c:v', 'libx264', '-bf', '3', '-f', 'flv']
  const file = await ffmpegToFile(args, 'a.flv')
  const stale = Buffer.from(file)
  const at = stale.indexOf('filesize') + 9
  stale.writeDoubleBE(file.length + 10_000, at)
  t.equal(await missing(stale), undefined)
  t.match(await missing(file.subarray(0, file.length / 2)), /FLV/)
})
