import { FileSource, HttpSource, type RandomAccess, S3Source } from 'avio-streams'

/** Opens the source that a command line names: `s3://bucket/key`, an http or https URL, or a file. */
export function openSource(name: string): RandomAccess {
  if (name.startsWith('s3://')) return new S3Source({ uri: name })
  if (/^https?:\/\//.test(name)) return new HttpSource({ url: name })
  return new FileSource({ path: name })
}
