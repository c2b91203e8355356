import type { RequestSubject } from '../../io/diagnostics/messages.js'

/** The members of the commands' inputs that name what a request is about. All others may hold secrets. */
export interface CommandInput {
  readonly Bucket?: string | undefined
  readonly Key?: string | undefined
  readonly Prefix?: string | undefined
  readonly UploadId?: string | undefined
  readonly PartNumber?: number | undefined
}

/**
 * What a request is about, for diagnostics.
 *
 * @param commandName - the SDK's name: `GetObjectCommand`
 */
export function subjectOf(
  commandName: string,
  input: CommandInput = {},
  byteOffset?: number,
): RequestSubject {
  return {
    protocol: 's3',
    operation: commandName.replace(/Command$/, ''),
    bucket: input.Bucket,
    key: input.Key ?? input.Prefix,
    source: undefined,
    uploadId: input.UploadId,
    partNumber: input.PartNumber,
    byteOffset,
  }
}
