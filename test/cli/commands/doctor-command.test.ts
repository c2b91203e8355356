import t from 'tap'
import { runCli, storeWithClip } from '../../support/cli.js'

const checksOf = (stdout: Buffer) =>
  stdout
    .toString()
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { check: string; ok: boolean; text: string })

t.test('checks ffmpeg, the client, and a write and a read on the bucket, and leaves nothing', async t => {
  const { s3 } = await storeWithClip(t)
  const { code, stdout, stderr } = await runCli(['doctor', '--json', 's3://web/p'], { s3 })
  t.equal(code, 0, stderr)
  const checks = checksOf(stdout)
  t.same(
    checks.map(({ check, ok }) => [check, ok]),
    ['ffmpeg', 'encoders', 'ffprobe', 'region', 'endpoint', 'credentials', 'write', 'read', 'delete'].map(
      name => [name, true],
    ),
  )
  t.match(checks.find(({ check }) => check === 'endpoint')!.text, `${s3.endpoint}, the bucket in the path`)
  t.same(s3.keys('web'), [])
  t.same(s3.uploads('web'), [])
  t.ok(s3.calls.every(({ key }) => key?.startsWith('p/avio-streams-doctor-')))
  t.notMatch(stdout.toString(), new RegExp(s3.credentials.secretAccessKey))
})

t.test('says what to mend, and goes on', async t => {
  const { s3 } = await storeWithClip(t)
  const env = { AWS_SECRET_ACCESS_KEY: 'wrong', FFMPEG_PATH: '/nowhere/ffmpeg' }
  const { code, stdout } = await runCli(['doctor', '--json', 's3://web'], { s3, env })
  const failed = checksOf(stdout).filter(({ ok }) => !ok)
  t.equal(code, 4, 'the first failure decides')
  t.match(failed, [
    { check: 'ffmpeg', text: /FFMPEG_PATH names "\/nowhere\/ffmpeg"/ },
    { check: 'write', text: /SignatureDoesNotMatch/ },
  ])
  const empty = {
    AWS_EC2_METADATA_DISABLED: 'true',
    HOME: '/nowhere',
    AWS_CONFIG_FILE: '/nowhere',
    AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
  }
  const bare = await runCli(['doctor'], { env: empty })
  t.match(bare.stdout.toString(), /✖ region .*set AWS_REGION or add --region/)
  t.match(bare.stdout.toString(), /✖ credentials .*set AWS_ACCESS_KEY_ID/)
  t.equal(bare.code, 5)
})

t.test('takes the store from the options', async t => {
  const { s3 } = await storeWithClip(t)
  const { accessKeyId, secretAccessKey } = s3.credentials
  const env = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
  const words = ['doctor', '--endpoint', s3.endpoint, '--region', 'us-east-1', 's3://web']
  const { code, stdout } = await runCli(words, { env })
  t.equal(code, 0, stdout.toString())
  t.match(await runCli(['doctor', 'web']), { code: 2, stderr: /Name at most one bucket/ })
})
