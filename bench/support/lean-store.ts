import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import type { LocalClientConfig } from '../../lib/testing/local-s3.js'
import { type LocalS3Options, readOptions, type Settings } from '../../lib/testing/local-s3-options.js'
import { CallLog, type S3Call } from '../../lib/testing/server/call-log.js'
import { Connections } from '../../lib/testing/server/connections.js'
import { Dispatcher } from '../../lib/testing/server/dispatcher.js'
import { FaultRules } from '../../lib/testing/server/fault-rules.js'
import type { Content } from '../../lib/testing/store/content.js'
import { discardedContents } from '../../lib/testing/store/discarded-content.js'
import { propertiesFrom } from '../../lib/testing/store/local-object.js'
import { ObjectStore } from '../../lib/testing/store/object-store.js'
import { createLeanServer } from './lean-http.js'

const NO_JOURNAL = {
  bucketChanged: () => undefined,
  bucketRemoved: () => undefined,
  versionStored: () => undefined,
  versionRemoved: () => undefined,
}

/**
 * LocalS3 with its own HTTP, for the benchmarks: the store stands for a remote machine, but takes its CPU time from the
 * processors of the contender. It discards uploads and believes their checksums. All that a client sees is LocalS3's.
 */
export class LeanStore {
  readonly #settings: Settings
  readonly #store = new ObjectStore(discardedContents, NO_JOURNAL)
  readonly #connections = new Connections()
  readonly #log = new CallLog()
  readonly #server: Server

  /** Starts a server. Of the options, those of uploads that are kept and of TLS don't apply. */
  static async start(options: Omit<LocalS3Options, 'folder' | 'discard' | 'tls'>): Promise<LeanStore> {
    const store = new LeanStore(readOptions({ verifyPayload: false, verifyChecksums: false, ...options }))
    store.#server.listen(store.#settings.port, '127.0.0.1')
    await once(store.#server, 'listening')
    return store
  }

  private constructor(settings: Settings) {
    this.#settings = settings
    for (const bucket of settings.buckets) this.#store.createBucket(bucket)
    const parts = {
      ...{ store: this.#store, connections: this.#connections, identity: settings, settings },
      ...{ publicRead: settings.publicRead, pace: () => settings.pace },
    }
    const dispatcher = new Dispatcher(parts, this.#log, new FaultRules())
    this.#server = createLeanServer(
      (message, response, expectsContinue) =>
        void dispatcher.handle(
          message as unknown as IncomingMessage,
          response as unknown as ServerResponse,
          expectsContinue,
        ),
      socket => this.#connections.add(socket),
    )
  }

  /** Client settings for this server. */
  clientConfig(): LocalClientConfig {
    const { region, accessKeyId, secretAccessKey } = this.#settings
    const { port } = this.#server.address() as AddressInfo
    const credentials = { accessKeyId, secretAccessKey }
    return { endpoint: `http://127.0.0.1:${port}`, region, forcePathStyle: true, credentials }
  }

  /** Stores an object without a request. */
  put(bucket: string, key: string, content: Content): void {
    const target = this.#store.bucket(bucket)
    const etag = `"${randomBytes(16).toString('hex')}"`
    target.store({
      ...propertiesFrom({}),
      ...{ kind: 'object', key, content, etag, versionId: target.newVersionId(), lastModified: new Date() },
      ...{ checksum: undefined, parts: undefined },
    })
  }

  /** All calls since the start, or since {@link clearCalls}, in order of arrival. */
  get calls(): readonly S3Call[] {
    return this.#log.calls
  }

  /** Clears the call log. */
  clearCalls(): void {
    this.#log.clear()
  }

  /** Resolves when no call is in progress. */
  idle(): Promise<void> {
    return this.#log.idle()
  }

  /** Closes the server and all its connections. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#connections.destroy()
    await closed
    await this.#log.idle()
  }
}
