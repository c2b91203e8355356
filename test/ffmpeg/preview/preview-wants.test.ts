import t from 'tap'
import { readWants } from '../../../lib/ffmpeg/preview/preview-wants.js'

const wants = (...args: string[]) => {
  const { adts, all } = readWants({ format: 'mp4', args })
  return { adts, all }
}

t.test('detects whether an output copies all audio, unfiltered', t => {
  for (const args of [
    ['-c', 'copy'],
    ['-c:a', 'copy'],
    ['-acodec', 'copy'],
    ['-codec', 'copy', '-c:v', 'libx264', '-bsf:v', 'null'],
    ['-c:a:0', 'copy', '-c:a', 'copy'],
  ]) {
    t.same(wants(...args), { adts: true, all: true }, args.join(' '))
  }
  for (const args of [
    ['-c:a:0', 'copy'],
    ['-c:1', 'copy'],
    ['-c', 'copy', '-c:a:1', 'libopus'],
    ['-c', 'copy', '-c:1', 'aac'],
    ['-c', 'copy', '-bsf:a:1', 'null'],
    ['-c', 'copy', '-bsf', 'null'],
    ['-c', 'copy', '-bsf:1', 'null'],
  ]) {
    t.same(wants(...args), { adts: true, all: false }, args.join(' '))
  }
  t.end()
})

t.test('asks nothing if no audio is copied, or if the user gives the filter for all', t => {
  for (const args of [
    ['-c:v', 'copy'],
    ['-c:a', 'aac'],
    ['-c', 'copy', '-an'],
    ['-c', 'copy', '-bsf:a', 'aac_adtstoasc'],
    ['-c', 'copy', '-absf', 'aac_adtstoasc'],
  ]) {
    t.equal(wants(...args).adts, false, args.join(' '))
  }
  t.equal(readWants({ format: 'mpegts', args: ['-c', 'copy'] }).adts, false, 'a muxer that accepts ADTS')
  t.end()
})

t.test('detects whether the streams may include a cover, and whether the user maps them', t => {
  t.match(readWants({ format: 'mp4', args: [] }), { cover: true, maps: false })
  t.match(readWants({ format: 'mp4', args: ['-vn', '-map', '0'] }), { cover: false, maps: true })
  t.equal(readWants({ format: 'mp4', args: ['-vn'] }).keepsCover, false)
  t.equal(readWants({ format: 'mp4', args: ['-vn'], cover: 'keep' }).keepsCover, true)
  t.end()
})
