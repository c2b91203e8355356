import { FileWritable, S3MultipartWritable } from 'avio-streams'

/** A sink for an address: `s3://bucket/key`, or a path. Both store all or nothing, and take a head that comes last. */
export function openSink(to: string): S3MultipartWritable | FileWritable {
  return to.startsWith('s3://') ? new S3MultipartWritable({ uri: to }) : new FileWritable({ path: to })
}
