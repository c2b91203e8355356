import type { S3Client } from '@aws-sdk/client-s3'
import { environmentClient } from '../../s3/request/s3-client.js'

/** The options that say which store. */
export interface StoreValues {
  readonly endpoint?: string
  readonly region?: string
  readonly profile?: string
  readonly 'path-style'?: boolean
}

/** The client of the environment (the SDK's own chain), but for what the options say. */
export function storeClient({ endpoint, region, profile, 'path-style': pathStyle }: StoreValues): S3Client {
  return environmentClient({
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(profile !== undefined && { profile }),
    ...(pathStyle === true && { forcePathStyle: true }),
  })
}
