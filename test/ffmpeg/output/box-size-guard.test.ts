import t from 'tap'
import { BoxSizeGuard } from '../../../lib/ffmpeg/output/box-size-guard.js'
import { runCommand } from '../../support/command.js'
import { ffmpegToPipe, fragmentedMp4 } from '../../support/media.js'

const box = (type: string, size: number, length = size) => {
  const bytes = Buffer.alloc(length)
  bytes.writeUInt32BE(size)
  bytes.write(type, 4)
  return bytes
}

function check(bytes: Buffer, step: number): void {
  const guard = new BoxSizeGuard()
  for (let at = 0; at < bytes.length; at += step) guard.check(bytes.subarray(at, at + step))
}

t.test('rejects a moov or moof without a size, in any chunking', async t => {
  for (const type of ['moov', 'moof']) {
    const bytes = Buffer.concat([box('ftyp', 20), box('moov', 30), box('mdat', 100), box(type, 0, 50)])
    for (let step = 1; step <= bytes.length; step++) {
      t.throws(() => check(bytes, step), {
        code: 'AVIO_ERR_OUTPUT_NOT_SEEKABLE',
        message: new RegExp(`"${type}" box without a size at byte 150`),
      })
    }
  }
})

t.test('repeats the error on later calls', async t => {
  const guard = new BoxSizeGuard()
  for (const chunk of [box('moov', 0, 50), box('free', 8)]) {
    t.throws(() => guard.check(chunk), { code: 'AVIO_ERR_OUTPUT_NOT_SEEKABLE', message: /moov/ })
  }
})

t.test('accepts a last mdat of size 0, and does not judge other data', async t => {
  t.doesNotThrow(() => check(Buffer.concat([box('ftyp', 20), box('mdat', 0, 50)]), 7))
  t.doesNotThrow(() => check(Buffer.alloc(300, 0xff), 7))
  t.doesNotThrow(() => check(Buffer.from('moov moov moov '.repeat(20)), 7))
})

t.test('accepts an intact stream', async t => {
  const bytes = await fragmentedMp4()
  t.doesNotThrow(() => check(bytes, 1000))
})

t.test('finds a first moof broken by a track that starts minutes after the others', async t => {
  const input = await ffmpegToPipe([
    ...['-f', 'lavfi', '-i', 'color=size=32x32:rate=25:duration=180'],
    ...['-itsoffset', '170', '-f', 'lavfi', '-i', 'sine=duration=2', '-map', '0', '-map', '1'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '100', '-c:a', 'aac', '-f', 'matroska'],
  ])
  const late = await runCommand({ input, format: 'mp4', args: ['-c', 'copy'] })
  t.equal(late.code, 0, 'ffmpeg reports no error')
  t.throws(() => check(late.bytes, 65_536), { message: /empty_moov.*AC-3.*-c:a aac/ })

  const flags = ['-movflags', 'frag_keyframe+empty_moov+default_base_moof']
  const remedied = await runCommand({ input, format: 'mp4', args: ['-c', 'copy', ...flags] })
  t.doesNotThrow(() => check(remedied.bytes, 65_536), 'the remedy works')
})

t.test('finds a moov broken by long metadata', async t => {
  const input = await ffmpegToPipe([
    ...['-f', 'lavfi', '-i', 'sine=duration=1', '-metadata', `comment=${'x'.repeat(40_000)}`],
    ...['-c:a', 'aac', '-f', 'matroska'],
  ])
  const broken = await runCommand({ input, format: 'mp4', args: ['-c', 'copy'] })
  t.equal(broken.code, 0)
  t.throws(() => check(broken.bytes, 65_536), { message: /map_metadata/ })
  const remedied = await runCommand({ input, format: 'mp4', args: ['-c', 'copy', '-map_metadata', '-1'] })
  t.doesNotThrow(() => check(remedied.bytes, 65_536))
})
