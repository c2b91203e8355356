import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { clientOption } from '../../../lib/s3/request/s3-client.js'
import { LocalS3 } from '../../../lib/testing/index.js'

t.test('uses the user’s client unchanged, even from another copy of the SDK', async t => {
  const client = new S3Client({ region: 'us-east-1' })
  t.equal(clientOption({ client }), client)
  const foreign = { send: () => undefined, config: {} }
  t.equal(clientOption({ client: foreign }), foreign)
})

t.test('rejects anything else', async t => {
  for (const client of [null, 'x', {}, { send: 7, config: {} }, { send: () => undefined }]) {
    t.throws(() => clientOption({ client }), { code: 'AVIO_ERR_OPTION', option: 'client' })
  }
})

const IGNORE = 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'

/** The client of a process with these environment variables, and without others that name an endpoint or a profile. */
async function inEnvironment(t: Test, variables: Record<string, string>): Promise<S3Client> {
  const names = [
    'AWS_ENDPOINT_URL',
    'AWS_ENDPOINT_URL_S3',
    'AWS_PROFILE',
    'AWS_CONFIG_FILE',
    'AWS_REGION',
    IGNORE,
  ]
  const before = { ...process.env }
  for (const name of names) Reflect.deleteProperty(process.env, name)
  Object.assign(process.env, variables)
  // A fresh module, since a process has one default client.
  const fresh = await t.mockImport<{ clientOption: typeof clientOption }>(
    '../../../lib/s3/request/s3-client.js',
    {},
  )
  const client = fresh.clientOption({})
  t.equal(fresh.clientOption({}), client, 'one for the whole process')
  t.teardown(() => {
    client.destroy()
    for (const name of [...names, ...Object.keys(variables)]) {
      if (before[name] === undefined) Reflect.deleteProperty(process.env, name)
      else process.env[name] = before[name]
    }
  })
  return client
}

t.test('puts the bucket into the path of an endpoint from the environment or the profile', async t => {
  const s3 = await LocalS3.start({ buckets: ['bucket'] })
  t.teardown(() => s3.close())
  await s3.put('bucket', 'k', 'hello')
  // By host name: with an IP address, the SDK always uses path style.
  const endpoint = s3.endpoint.replace('127.0.0.1', 'localhost')
  const { accessKeyId, secretAccessKey } = s3.credentials
  const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
  const region = 'region = us-east-1\n'
  const inProfile = `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`
  const folder = t.testdir({
    profile: `[default]\n${region}endpoint_url = ${endpoint}\n`,
    named: `[default]\n${region}[profile store]\n${region}${inProfile}endpoint_url = ${endpoint}\n`,
    services: `[default]\n${region}services = here\n[services here]\ns3 =\n  endpoint_url = ${endpoint}\n`,
  })
  const environments: Record<string, string>[] = [
    { AWS_ENDPOINT_URL: endpoint, AWS_REGION: 'us-east-1' },
    { AWS_ENDPOINT_URL_S3: endpoint, AWS_REGION: 'us-east-1' },
    { AWS_CONFIG_FILE: `${folder}/profile` },
    { AWS_CONFIG_FILE: `${folder}/named`, AWS_PROFILE: 'store' },
    { AWS_CONFIG_FILE: `${folder}/services` },
  ]
  for (const environment of environments) {
    await t.test(Object.keys(environment).join(' and '), async t => {
      s3.clearCalls()
      const client = await inEnvironment(t, { ...keys, ...environment })
      const { Body } = await client.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'k' }))
      t.equal(await Body?.transformToString(), 'hello')
      t.match(s3.calls, [{ url: /^\/bucket\/k/ }])
    })
  }
})

t.test('keeps the bucket in AWS’s host name', async t => {
  const keys = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_REGION: 'eu-west-1' }
  const environments: Record<string, string>[] = [
    { AWS_CONFIG_FILE: '/dev/null' },
    { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', [IGNORE]: 'true' },
  ]
  for (const environment of environments) {
    const client = await inEnvironment(t, { ...keys, ...environment })
    const hostname = new Promise(resolve => {
      client.middlewareStack.add(
        () => args => {
          resolve((args.request as { hostname: string }).hostname)
          throw new Error('far enough')
        },
        { step: 'build', name: 'stop' },
      )
    })
    await t.rejects(client.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'k' })), {
      message: 'far enough',
    })
    t.equal(await hostname, 'bucket.s3.eu-west-1.amazonaws.com')
  }
})
