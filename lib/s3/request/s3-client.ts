import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { optionError } from '../../options.js'

/**
 * The S3 client: the user's own, or one created from the environment like the SDK's default (`AWS_ENDPOINT_URL`,
 * `AWS_REGION`, `AWS_PROFILE`, `~/.aws`, instance roles …).
 *
 * The user's client is used unchanged and never destroyed. All stages of the process share the library's own client,
 * since each client holds a pool of sockets; its idle sockets do not keep the process alive.
 */
export interface S3ClientOption {
  /**
   * The client for all requests. Its whole configuration applies: credentials, region, endpoint, proxy, path style,
   * middleware; only this library's retries, which resume at the byte, replace the client's own.
   *
   * @defaultValue created from the environment, like the SDK's default
   */
  client?: S3Client | undefined
}

let fromEnvironment: S3Client | undefined

/** The client option, or the shared client from the environment. */
export function clientOption(options: object): S3Client {
  const client: unknown = (options as S3ClientOption).client
  if (client === undefined) return (fromEnvironment ??= environmentClient())
  // Not instanceof: the user's SDK may be a different copy from ours.
  const { send, config } = (client ?? {}) as Partial<S3Client>
  if (typeof send === 'function' && typeof config === 'object') return client as S3Client
  throw optionError('client', 'an S3Client of @aws-sdk/client-s3', client)
}

/**
 * Stores other than AWS rarely have a DNS name for every bucket. The SDK determines the endpoint
 * (`AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, `endpoint_url` of the profile or of its `services`), and whether it
 * applies, with each request, and then also asks for the path style. This affects the library's own client only.
 *
 * @param config - what is not left to the environment
 */
export function environmentClient(config: S3ClientConfig = {}): S3Client {
  const client = new S3Client({ ...(config.endpoint !== undefined && { forcePathStyle: true }), ...config })
  if (config.forcePathStyle !== undefined || config.endpoint !== undefined) return client
  const { serviceConfiguredEndpoint: configured } = client.config as {
    serviceConfiguredEndpoint?: () => Promise<string | undefined>
  }
  const forcePathStyle = async () => (await configured?.()) !== undefined
  Object.assign(client.config, { forcePathStyle })
  return client
}
