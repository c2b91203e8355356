import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { filesOpenForWriting } from '../../examples/support/measure.js'
import { main } from '../../examples/transcode.js'

t.test('transcodes both sources of the demo and writes no file', async t => {
  const { outcomes, byCommand } = await main([])
  t.same(
    outcomes.map(outcome => outcome.from),
    ['s3://masters/video-H263-AC3.avi', 's3://masters/video-H264-AAC.m4v'],
  )
  for (const outcome of outcomes) {
    t.ok(Math.abs(outcome.mediaSeconds - 20) < 0.2, `${outcome.mediaSeconds} s of media`)
    t.ok(outcome.fragments >= 10, `${outcome.fragments} fragments`)
    t.equal(outcome.upload.bytes, outcome.bytesOut)
    t.ok('bottleneck' in outcome)
    if (process.platform === 'linux') t.same(outcome.filesWritten, [])
  }
  const [first] = outcomes
  // The same job: a few fragment headers fewer, and one index.
  t.ok(Math.abs(byCommand! / first!.upload.bytes - 1) < 0.1, `the command stored ${byCommand} bytes`)
})

t.test('prints the usage for an incomplete pair of objects', async t => {
  await t.rejects(main(['s3://in/a']), { message: /^Usage/ })
  await t.rejects(main(['s3://in/a', 's3://out/b', 's3://c/d']), { message: /^Usage/ })
})

t.test(
  'finds a file that is written, and takes none that was read for one, whose number went to another',
  { skip: process.platform !== 'linux' && 'reads /proc' },
  async t => {
    const folder = t.testdir({ read: '', written: '' })
    const [read, written] = [join(folder, 'read'), join(folder, 'written')]
    const open = openSync(written, 'w')
    let [number, isRead] = [openSync(read, 'r'), true]
    // The same number is a file to read at one time, and a device to write to at the next.
    const turn = () => {
      closeSync(number)
      isRead = !isRead
      number = isRead ? openSync(read, 'r') : openSync('/dev/null', 'w')
      turns = setImmediate(turn)
    }
    let turns = setImmediate(turn)
    const found = new Set<string>()
    for (let sample = 0; sample < 100; sample++) {
      for (const file of await filesOpenForWriting(process.pid)) if (file.startsWith(folder)) found.add(file)
    }
    clearImmediate(turns)
    for (const descriptor of [number, open]) closeSync(descriptor)
    t.same([...found], [written])
  },
)
