import type { S3Client } from '@aws-sdk/client-s3'
import type { PutObjectCommandInput, PutObjectCommandOutput } from '@aws-sdk/client-s3'
import { AvioError } from '../../errors.js'

/** What is used of the `Upload` of `@aws-sdk/lib-storage`. */
export interface Upload {
  done(): Promise<PutObjectCommandOutput>
}

/** Its constructor. */
export type UploadClass = new (options: {
  client: S3Client
  params: PutObjectCommandInput
  partSize: number
  queueSize: number
}) => Upload

// The package is optional: a name the compiler cannot see keeps its types out of ours.
const LIB_STORAGE: string = '@aws-sdk/lib-storage'
const importLibStorage = async () => (await import(LIB_STORAGE)) as { readonly Upload?: unknown }

/**
 * The `Upload` of `@aws-sdk/lib-storage`, an optional peer of this library.
 *
 * @param load - how the package is loaded
 * @throws {@link AvioError} `AVIO_ERR_PACKAGE_MISSING` where it is not installed, or has no `Upload`
 */
export async function loadUpload(load: typeof importLibStorage = importLibStorage): Promise<UploadClass> {
  let cause: unknown
  try {
    const { Upload } = await load()
    if (typeof Upload === 'function') return Upload as UploadClass
  } catch (error) {
    cause = error
  }
  throw new AvioError(
    'AVIO_ERR_PACKAGE_MISSING',
    'S3Storage stores segments and playlists by the package @aws-sdk/lib-storage, which could not be loaded. ' +
      'Install it beside @aws-sdk/client-s3, in the same version: npm install @aws-sdk/lib-storage',
    { cause },
  )
}
