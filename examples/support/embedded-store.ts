import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'

/** An S3 server on loopback with the buckets `masters` and `web`, which ends with this process. */
export class EmbeddedStore {
  private constructor(
    readonly client: S3Client,
    /** What another process makes its client of. */
    readonly config: S3ClientConfig,
    readonly endpoint: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(): Promise<EmbeddedStore> {
    const child = fork(fileURLToPath(new URL('store-process.mjs', import.meta.url)), { execArgv: [] })
    const [{ endpoint, credentials }] = (await once(child, 'message')) as [
      { endpoint: string; credentials: { accessKeyId: string; secretAccessKey: string } },
    ]
    const config = { endpoint, credentials, region: 'us-east-1', forcePathStyle: true }
    return new EmbeddedStore(new S3Client(config), config, endpoint, child)
  }

  async stop(): Promise<void> {
    this.client.destroy()
    // Ctrl-C reaches the child, too: it may have ended already, or be about to.
    const { exitCode, signalCode } = this.child
    if (exitCode !== null || signalCode !== null) return
    const exited = once(this.child, 'exit')
    if (this.child.connected) this.child.disconnect()
    await exited
  }
}
