import { FileWritable, S3MultipartWritable } from 'avio-streams'

/** Opens a sink for `s3://bucket/key` or a path. Both store all or nothing, and accept a deferred header. */
export function openSink(to: string): S3MultipartWritable | FileWritable {
  return to.startsWith('s3://') ? new S3MultipartWritable({ uri: to }) : new FileWritable({ path: to })
}
