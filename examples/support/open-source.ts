import { FileObject, HttpObject, type RandomAccess, S3Object } from 'avio-streams'

/** What a command line names: `s3://bucket/key`, an address of http or https, or a file. */
export function openSource(name: string): RandomAccess {
  if (name.startsWith('s3://')) return new S3Object({ uri: name })
  if (/^https?:\/\//.test(name)) return new HttpObject({ url: name })
  return new FileObject(name)
}
