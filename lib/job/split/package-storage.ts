import type { S3Client } from '@aws-sdk/client-s3'
import { S3Storage } from '../../hls/storage/s3-storage.js'
import type { PackageMedia } from './split-plan.js'

/** The storage of a package's objects, with the properties that the plan gives them. */
export function packageStorage(output: Omit<PackageMedia, 'run'>, client: S3Client): S3Storage {
  return new S3Storage({
    client,
    bucket: output.bucket,
    prefix: output.prefix,
    request: packageRequest(output),
  })
}

/** These properties as members of the SDK's input. */
export function packageRequest({
  storageClass,
  serverSideEncryption,
  kmsKeyId,
}: Omit<PackageMedia, 'run'>): Record<string, string> {
  return {
    ...(storageClass !== undefined && { StorageClass: storageClass }),
    ...(serverSideEncryption !== undefined && { ServerSideEncryption: serverSideEncryption }),
    ...(kmsKeyId !== undefined && { SSEKMSKeyId: kmsKeyId }),
  }
}
