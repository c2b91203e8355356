import { S3Client } from '@aws-sdk/client-s3'
import { optionError } from '../../options.js'

/**
 * The client that does the asking: the user's own, or one made from the environment as the SDK does it
 * (`AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_PROFILE`, `~/.aws`, instance roles …).
 *
 * The user's client is used as it is and never destroyed. One that was made here is shared by all stages of the
 * process, since each holds a pool of sockets, and its idle sockets do not keep the process alive.
 */
export interface S3ClientOption {
  /**
   * The client to ask with. Everything it was configured with applies: credentials, region, endpoint, proxy,
   * path style, middleware; only its retries are replaced by this library's, which resume at the byte.
   *
   * @defaultValue one made from the environment, as the SDK does it
   */
  client?: S3Client | undefined
}

let fromEnvironment: S3Client | undefined

/** The client option, or the shared client of the environment. */
export function clientOption(options: object): S3Client {
  const client: unknown = (options as S3ClientOption).client
  if (client === undefined) return (fromEnvironment ??= environmentClient())
  // Not instanceof: the user's SDK may be another copy than ours.
  const { send, config } = (client ?? {}) as Partial<S3Client>
  if (typeof send === 'function' && typeof config === 'object') return client as S3Client
  throw optionError('client', 'an S3Client of @aws-sdk/client-s3', client)
}

/**
 * Stores other than AWS rarely have a name in DNS for every bucket. Where the endpoint comes from
 * (`AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, `endpoint_url` of the profile or of its `services`), and whether it
 * counts, the SDK finds out with each request, which is also when it asks for the style. Only a client of our own is
 * told so.
 */
function environmentClient(): S3Client {
  const client = new S3Client({})
  const { serviceConfiguredEndpoint: configured } = client.config as {
    serviceConfiguredEndpoint?: () => Promise<string | undefined>
  }
  const forcePathStyle = async () => (await configured?.()) !== undefined
  Object.assign(client.config, { forcePathStyle })
  return client
}
