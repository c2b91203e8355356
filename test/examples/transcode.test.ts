import t from 'tap'
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
    if (process.platform === 'linux') t.equal(outcome.filesWritten, 0)
  }
  const [first] = outcomes
  // The same job: a few fragment headers fewer, and one index.
  t.ok(Math.abs(byCommand! / first!.upload.bytes - 1) < 0.1, `the command stored ${byCommand} bytes`)
})

t.test('prints the usage for an incomplete pair of objects', async t => {
  await t.rejects(main(['s3://in/a']), { message: /^Usage/ })
  await t.rejects(main(['s3://in/a', 's3://out/b', 's3://c/d']), { message: /^Usage/ })
})
