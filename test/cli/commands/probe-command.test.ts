import t from 'tap'
import { runCli, storeWithClip } from '../../support/cli.js'

t.test('prints the report as JSON, and nothing else', async t => {
  const { s3 } = await storeWithClip(t)
  const { code, stdout, stderr } = await runCli(['probe', 's3://masters/a.mp4'], { s3 })
  t.equal(code, 0, stderr)
  t.equal(stderr, '')
  const info = JSON.parse(stdout.toString()) as { streams: { type: string }[] }
  t.same(
    info.streams.map(({ type }) => type),
    ['video', 'audio'],
  )
})

t.test('wants one input, and says if it is not there', async t => {
  const { s3 } = await storeWithClip(t)
  t.match(await runCli(['probe']), { code: 2, stderr: /Name one input/ })
  t.match(await runCli(['probe', 's3://masters/none'], { s3 }), { code: 3, stderr: /AVIO_ERR_NO_SUCH_KEY/ })
})
