import { randomUUID } from 'node:crypto'
import { CreateBucketCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import type { Test } from 'tap'
import { LocalS3 } from '../../lib/testing/index.js'
import { type Gateway, gatewaysFromEnvironment } from './servers/environment.js'

/**
 * The S3 servers that a shared suite is run against: always the one of `avio-streams/testing`, and the Ceph gateways
 * that the run has started (`npm test`; a file run by hand has the in-process one only).
 *
 * ```ts
 * for (const store of stores()) {
 *   t.test(`on ${store.name}, …`, async t => {
 *     const { client, bucket } = await store.open(t)
 * ```
 */
export interface Store {
  /** `the in-process server`, `Ceph 16.2.15`. */
  readonly name: string
  readonly id: StoreId
  /** What a stage that writes has to be told for this server; `docs/s3-compatible.md` says why. */
  readonly options: { readonly checksum?: 'md5' }
  /** Which of S3's habits it has, each of them a question of `questions/` too. */
  readonly traits: StoreTraits
  /** A client and an empty bucket of its own for one test, which closes what was opened. */
  open(t: Test): Promise<OpenStore>
}

/** The servers, by the word for them in tables. */
export type StoreId = 'local' | 'ceph16' | 'ceph20'

/** What a server does, where servers differ in a way that a suite has to know. */
export interface StoreTraits {
  /** It checks and keeps CRC32 and the other checksums of the SDK; else Content-MD5 only. */
  readonly crc: boolean
  /** `If-None-Match: *` on CompleteMultipartUpload is obeyed. */
  readonly conditionalComplete: boolean
}

/** What a test works with. */
export interface OpenStore {
  readonly client: S3Client
  /** What `client` was made with, for another one. */
  readonly config: S3ClientConfig
  readonly bucket: string
  readonly options: Store['options']
}

const LIKE_S3: StoreTraits = { crc: true, conditionalComplete: true }

const GATEWAYS: Record<Gateway['release'], Pick<Store, 'id' | 'options' | 'traits'>> = {
  16: {
    id: 'ceph16',
    options: { checksum: 'md5' },
    traits: { crc: false, conditionalComplete: false },
  },
  20: { id: 'ceph20', options: {}, traits: LIKE_S3 },
}

/** The servers there are. */
export function stores(): Store[] {
  const gateways = gatewaysFromEnvironment()
  return [localStore, ...gateways.flatMap(gateway => ('missing' in gateway ? [] : [gatewayStore(gateway)]))]
}

/** The servers that the run could not have, each with the reason. */
export function missingStores(): { id: StoreId; reason: string }[] {
  return gatewaysFromEnvironment().flatMap(gateway =>
    'missing' in gateway ? [{ id: GATEWAYS[gateway.release].id, reason: gateway.missing }] : [],
  )
}

const localStore: Store = {
  name: 'the in-process server',
  id: 'local',
  options: {},
  traits: LIKE_S3,
  async open(t) {
    const s3 = await LocalS3.start()
    t.teardown(() => s3.close())
    return open(t, s3.clientConfig(), {})
  },
}

function gatewayStore(gateway: Exclude<Gateway, { missing: string }>): Store {
  const { release, version, endpoint, ...credentials } = gateway
  const { id, options, traits } = GATEWAYS[release]
  const config: S3ClientConfig = { endpoint, credentials, region: 'us-east-1', forcePathStyle: true }
  return { name: `Ceph ${version}`, id, options, traits, open: t => open(t, config, options) }
}

async function open(t: Test, config: S3ClientConfig, options: Store['options']): Promise<OpenStore> {
  const client = new S3Client(config)
  // tap runs what was added last first: the client lets go of its connections before its server closes.
  t.teardown(() => client.destroy())
  const bucket = `test-${randomUUID()}`
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  return { client, config, bucket, options }
}
