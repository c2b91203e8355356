import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import type { LookupFunction } from 'node:net'
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import type { Job } from './fault.js'

/** A client for a job, and its clean-up. */
export function connectionOf({ config, connection }: Job): { client: S3Client; close: () => void } {
  const { ca, ...given } = config as S3ClientConfig & { ca?: string }
  const lookup: LookupFunction = (name, options, callback) => {
    if (connection === 'no-such-host') {
      callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' }), '')
      return
    }
    const addresses = ['127.0.0.1', '127.0.0.2'].map(address => ({ address, family: 4 }))
    if (options.all === true) callback(null, addresses)
    else callback(null, '127.0.0.1', 4)
  }
  const way = { keepAlive: true, maxSockets: connection === 'one-socket' ? 1 : 50 }
  const named = connection === 'no-such-host' || connection === 'refused-twice' ? { lookup } : {}
  const agents = {
    httpAgent: new Agent({ ...way, ...named }),
    httpsAgent: new TlsAgent({ ...way, ...(ca === undefined ? {} : { ca }) }),
  }
  const client = new S3Client({
    ...given,
    ...(connection === 'clock-off' ? { systemClockOffset: 3 * 3_600_000 } : {}),
    ...(connection === 'credentials-once' || connection === 'credentials-never'
      ? { credentials: provider(given, connection === 'credentials-once') }
      : {}),
    requestHandler: agents,
  })
  const close = () => {
    client.destroy()
    agents.httpAgent.destroy()
    agents.httpsAgent.destroy()
  }
  return { client, close }
}

/** Credentials that are fetched again each time, from a failing provider. */
function provider(
  { credentials }: S3ClientConfig,
  once: boolean,
): NonNullable<S3ClientConfig['credentials']> {
  let asked = 0
  return async () => {
    asked++
    if (once ? asked === 2 : true) throw new Error('the metadata service does not answer')
    return {
      ...(credentials as { accessKeyId: string; secretAccessKey: string }),
      expiration: new Date(Date.now() + 1000),
    }
  }
}
