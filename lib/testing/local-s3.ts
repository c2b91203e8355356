import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import type { Journal } from './store/bucket.js'
import { CallLog, type S3Call } from './server/call-log.js'
import { Connections } from './server/connections.js'
import { bytesOf, type Content, type Generate, SyntheticContent } from './store/content.js'
import { discardedContents } from './store/discarded-content.js'
import { Dispatcher } from './server/dispatcher.js'
import type { FaultHandle, FaultRule } from './server/fault.js'
import { FaultRules } from './server/fault-rules.js'
import { Folder } from './store/folder.js'
import { takeContent } from './operations/intake.js'
import { type LocalS3Options, readOptions, type Settings } from './local-s3-options.js'
import {
  describeObject,
  type LocalObject,
  type LocalUpload,
  propertiesFrom,
  type PutOptions,
} from './store/local-object.js'
import { MemoryContent, memoryContents } from './store/memory-content.js'
import { ObjectStore } from './store/object-store.js'
import { type Pace, readPace } from './wire/pacer.js'
import type { StoredObject } from './store/stored-object.js'

/** An access key pair. */
export interface LocalCredentials {
  /** The access key id. */
  accessKeyId: string
  /** The secret key. */
  secretAccessKey: string
}

/** Options of the SDK's request handler for Node. */
export interface LocalRequestHandlerConfig {
  /** Options of an `https.Agent`: the certificate to trust. */
  httpsAgent: Pick<TlsOptions, 'ca'>
}

/** Client settings for this server; spread them into the options of `new S3Client()`. */
export interface LocalClientConfig {
  /** `http://127.0.0.1:PORT` */
  endpoint: string
  /** The region requests must be signed for. */
  region: string
  /** The bucket is in the path, because the host is an IP address. */
  forcePathStyle: true
  /** The only accepted key pair. */
  credentials: LocalCredentials
  /** With TLS: makes the client trust the server's certificate. */
  requestHandler?: LocalRequestHandlerConfig
}

const NO_JOURNAL: Journal = {
  bucketChanged: () => undefined,
  bucketRemoved: () => undefined,
  versionStored: () => undefined,
  versionRemoved: () => undefined,
}

/**
 * An S3 server on 127.0.0.1, inside the process, for tests: it validates requests as S3 does, logs all calls,
 * and injects faults by rule.
 *
 * It listens on the loopback interface only. Objects are stored in memory (or in a directory, or not at all:
 * see {@link LocalS3Options}), and nothing else of a body.
 *
 * @example
 * ```ts
 * import { S3Client } from '@aws-sdk/client-s3'
 * import { LocalS3 } from 'avio-streams/testing'
 *
 * const s3 = await LocalS3.start({ buckets: ['masters'] })
 * const client = new S3Client(s3.clientConfig())
 * await s3.put('masters', 'talk.mov', bytes)
 * s3.fault({ operation: 'GetObject', nth: 2, reset: 100_000 })
 * // … the code under test reads the object and recovers from the reset …
 * s3.calls.map(call => `${call.operation} ${call.range}`)
 * await s3.close()
 * ```
 */
export class LocalS3 implements AsyncDisposable {
  readonly #settings: Settings
  #pace: Pace
  readonly #store: ObjectStore
  readonly #server: Server
  readonly #connections = new Connections()
  readonly #log = new CallLog()
  readonly #rules = new FaultRules()
  #closed: Promise<void> | undefined

  /**
   * Starts a server.
   *
   * @throws `OptionError` (`AVIO_ERR_OPTION`) for an invalid option
   */
  static async start(options: LocalS3Options = {}): Promise<LocalS3> {
    const settings = readOptions(options)
    const s3 = new LocalS3(settings)
    s3.#server.listen(settings.port, '127.0.0.1')
    await once(s3.#server, 'listening')
    return s3
  }

  private constructor(settings: Settings) {
    this.#settings = settings
    this.#pace = settings.pace
    this.#store = openStore(settings)
    for (const bucket of settings.buckets) {
      if (!this.#store.has(bucket)) this.#store.createBucket(bucket)
    }
    const { publicRead } = settings
    const pace = () => this.#pace
    const parts = {
      store: this.#store,
      connections: this.#connections,
      identity: settings,
      settings,
      publicRead,
      pace,
    }
    const dispatcher = new Dispatcher(parts, this.#log, this.#rules)
    // A test server must not cut off slow exchanges: how slow they are, or whether they end, is up to the test.
    const http = { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0, noDelay: true }
    this.#server = settings.tls ? createTlsServer({ ...http, ...settings.tls }) : createServer(http)
    this.#server.on('request', (message, response) => void dispatcher.handle(message, response, false))
    this.#server.on('checkContinue', (message, response) => void dispatcher.handle(message, response, true))
    this.#server.on('connection', (socket: Socket) => this.#connections.add(socket))
  }

  /** The port it listens on. */
  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? this.#settings.port
  }

  /** `http://127.0.0.1:PORT` */
  get endpoint(): string {
    return `${this.#settings.tls ? 'https' : 'http'}://127.0.0.1:${this.port}`
  }

  /** The only accepted key pair. */
  get credentials(): LocalCredentials {
    const { accessKeyId, secretAccessKey } = this.#settings
    return { accessKeyId, secretAccessKey }
  }

  /** The certificate to trust (PEM), with TLS. */
  get certificate(): string | undefined {
    return this.#settings.tls?.cert
  }

  /** Client settings for this server; spread them into the options of `new S3Client()`. */
  clientConfig(): LocalClientConfig {
    const { endpoint, credentials } = this
    const { region, tls } = this.#settings
    const config: LocalClientConfig = { endpoint, region, forcePathStyle: true, credentials }
    if (tls) config.requestHandler = { httpsAgent: { ca: tls.cert } }
    return config
  }

  /** The speed of all connections; a `slow` fault overrides it. Can be changed at any time, for later calls. */
  get pace(): Pace {
    return this.#pace
  }

  set pace(pace: Pace) {
    this.#pace = readPace(pace, 'pace')
  }

  /** All calls since the start, or since {@link clearCalls}, in order of arrival. */
  get calls(): readonly S3Call[] {
    return this.#log.calls
  }

  /** Calls in progress. */
  get openCalls(): readonly S3Call[] {
    return this.#log.open
  }

  /** Number of open connections, including idle ones. */
  get openSockets(): number {
    return this.#connections.size
  }

  /** Clears the call log. */
  clearCalls(): void {
    this.#log.clear()
  }

  /** Resolves when no call is in progress. */
  idle(): Promise<void> {
    return this.#log.idle()
  }

  /**
   * Adds a fault.
   *
   * @throws `OptionError` (`AVIO_ERR_OPTION`) for a rule with no action, with several, or with a misspelt name
   */
  fault(rule: FaultRule): FaultHandle {
    return this.#rules.add(rule)
  }

  /** Removes all faults; calls that are held or stalled stay so. */
  clearFaults(): void {
    this.#rules.clear()
  }

  /** Creates a bucket. */
  createBucket(bucket: string): void {
    this.#store.createBucket(bucket)
  }

  /** Deletes an empty bucket. */
  deleteBucket(bucket: string): void {
    this.#store.deleteBucket(bucket)
  }

  /** Switches a bucket's versioning on or off. */
  setVersioning(bucket: string, status: 'Enabled' | 'Suspended'): void {
    this.#store.bucket(bucket).versioning = status
  }

  /** Stores an object without a request. A `Buffer` is kept, not copied: do not write to it afterwards. */
  async put(
    bucket: string,
    key: string,
    bytes: Uint8Array | string,
    options: PutOptions = {},
  ): Promise<LocalObject> {
    const buffer =
      typeof bytes === 'string'
        ? Buffer.from(bytes)
        : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const target = this.#store.bucket(bucket)
    const { content, etag } = await takeContent(
      this.#store.contents,
      { etag: this.#settings.etag },
      new MemoryContent([buffer]),
    )
    return this.#storeContent(target.name, key, content, etag, options)
  }

  /**
   * Stores an object whose bytes are generated when read: it may be larger than memory and disk. Its ETag stays
   * the same until the key is overwritten.
   *
   * @param size - in bytes
   * @param generate - returns the bytes from `start` (inclusive) to `end` (exclusive), the same every time
   */
  putSynthetic(
    bucket: string,
    key: string,
    size: number,
    generate: Generate,
    options: PutOptions = {},
  ): LocalObject {
    const etag = `"${randomBytes(16).toString('hex')}"`
    return this.#storeContent(bucket, key, new SyntheticContent(size, generate), etag, options)
  }

  /** Properties of an object; `undefined` if there is none. */
  head(bucket: string, key: string): LocalObject | undefined {
    const object = this.#store.bucket(bucket).current(key)
    return object && describeObject(object)
  }

  /** The bytes of an object; `undefined` if there is none. */
  async get(bucket: string, key: string): Promise<Buffer | undefined> {
    const object = this.#store.bucket(bucket).current(key)
    return object && (await bytesOf(object.content))
  }

  /** Deletes an object. */
  delete(bucket: string, key: string): void {
    this.#store.bucket(bucket).delete(key)
  }

  /** The keys of a bucket's objects, in S3's order. */
  keys(bucket: string): string[] {
    const target = this.#store.bucket(bucket)
    return target.keys.filter(key => target.current(key) !== undefined)
  }

  /** The multipart uploads of a bucket that are neither completed nor aborted: leftovers of a client. */
  uploads(bucket: string): LocalUpload[] {
    return [...this.#store.bucket(bucket).uploads.values()].map(({ key, uploadId, parts }) => ({
      key,
      uploadId,
      parts: parts.map(({ partNumber, content, etag }) => ({ partNumber, size: content.size, etag })),
    }))
  }

  /** Closes the server and all its connections; resolves when everything is closed. Can be called again. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  /** The same, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#rules.close()
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#connections.destroy()
    await closed
    await this.#log.idle()
  }

  #storeContent(
    bucket: string,
    key: string,
    content: Content,
    etag: string,
    options: PutOptions,
  ): LocalObject {
    const target = this.#store.bucket(bucket)
    const object: StoredObject = {
      ...propertiesFrom(options),
      kind: 'object',
      key,
      versionId: target.newVersionId(),
      content,
      etag,
      lastModified: new Date(),
      checksum: undefined,
      parts: undefined,
    }
    target.store(object)
    return describeObject(object)
  }
}

function openStore({ folder: path, discard }: Settings): ObjectStore {
  if (path === undefined) return new ObjectStore(discard ? discardedContents : memoryContents, NO_JOURNAL)
  const folder = new Folder(path)
  const store = new ObjectStore(folder, folder)
  folder.restore(store)
  return store
}
