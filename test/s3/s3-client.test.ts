import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { clientOption } from '../../lib/s3/s3-client.js'
import { LocalS3 } from '../../lib/testing/index.js'

t.test('the user’s client is used as it is, also one of another copy of the SDK', async t => {
  const client = new S3Client({ region: 'us-east-1' })
  t.equal(clientOption({ client }), client)
  const foreign = { send: () => undefined, config: {} }
  t.equal(clientOption({ client: foreign }), foreign)
})

t.test('anything else is refused', async t => {
  for (const client of [null, 'x', {}, { send: 7, config: {} }, { send: () => undefined }]) {
    t.throws(() => clientOption({ client }), { code: 'AVIO_ERR_OPTION', option: 'client' })
  }
})

t.test('without one, there is one for the whole process, made from the environment', async t => {
  const s3 = await LocalS3.start({ buckets: ['bucket'] })
  await s3.put('bucket', 'k', 'hello')
  const { accessKeyId, secretAccessKey } = s3.credentials
  const environment = {
    AWS_ENDPOINT_URL: s3.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  }
  const before = Object.keys(environment).map(name => [name, process.env[name]] as const)
  Object.assign(process.env, environment)
  const client = clientOption({})
  t.teardown(async () => {
    client.destroy()
    await s3.close()
    for (const [name, value] of before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name)
      else process.env[name] = value
    }
  })
  t.equal(clientOption({}), client)
  const { Body } = await client.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'k' }))
  t.equal(await Body?.transformToString(), 'hello')
  t.match(
    s3.calls,
    [{ url: /^\/bucket\/k/ }],
    'the bucket is in the path: stores rarely have a name for each',
  )
})
