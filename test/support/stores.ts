import { randomUUID } from 'node:crypto'
import { CreateBucketCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import type { Test } from 'tap'
import { LocalS3 } from '../../lib/testing/index.js'
import { type Gateway, gatewaysFromEnvironment } from './servers/environment.js'

/**
 * The S3 servers for shared suites: always `avio-streams/testing`, and the Ceph gateways that `npm test` has started (a file run by hand has only the in-process server).
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
  /** The options that a sink needs for this server, explained in `docs/s3-compatible.md`. */
  readonly options: { readonly checksum?: 'md5' }
  /** The behaviours of S3 that it has, each of them also a question in `questions/`. */
  readonly traits: StoreTraits
  /** A client and an empty bucket for one test, closed after it. */
  open(t: Test): Promise<OpenStore>
}

/** The servers, by their names in tables. */
export type StoreId = 'local' | 'ceph16' | 'ceph20'

/** Behaviours that differ between servers and matter to a suite. */
export interface StoreTraits {
  /** Checks and keeps CRC32 and the other checksums of the SDK; otherwise Content-MD5 only. */
  readonly crc: boolean
  /** Supports `If-None-Match: *` on CompleteMultipartUpload. */
  readonly conditionalComplete: boolean
}

/** The store of one test. */
export interface OpenStore {
  readonly client: S3Client
  /** The configuration of `client`, to make another one. */
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

/** The available servers. */
export function stores(): Store[] {
  const gateways = gatewaysFromEnvironment()
  return [localStore, ...gateways.flatMap(gateway => ('missing' in gateway ? [] : [gatewayStore(gateway)]))]
}

/** The unavailable servers, each with the reason. */
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
  // tap runs the last teardown first, so the client closes its connections before its server closes.
  t.teardown(() => client.destroy())
  const bucket = `test-${randomUUID()}`
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  return { client, config, bucket, options }
}
