import { PassThrough, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  CmafPackager,
  FfmpegTransform,
  DirectoryStorage,
  type PackagingResult,
  type RenditionWritable,
  S3RangeReadable,
  S3Storage,
  type SegmentStorage,
  type StoredObjectInfo,
} from 'avio-streams'

const storage = new S3Storage({ bucket: 'web', prefix: 'talk/' })
const packager = new CmafPackager({ storage, targetDuration: 4, mode: 'vod', mpd: 'main.mpd' })
const rendition: RenditionWritable = packager.rendition({ name: '720p' })
await pipeline(
  new S3RangeReadable({ uri: 's3://masters/talk.mov' }),
  new FfmpegTransform({ output: { format: 'mp4', args: ['-c', 'copy'] } }),
  rendition,
)
const { segments, presentation }: PackagingResult = await packager.result
void [segments + 1, presentation.renditions.map(({ codecs }) => codecs.join())]

new CmafPackager({ storage: new DirectoryStorage({ path: new URL('file:///srv/talk') }) })

/** A custom storage needs one method. */
class MemoryStorage implements SegmentStorage {
  readonly objects = new Map<string, StoredObjectInfo>()

  open(name: string, info: StoredObjectInfo): Writable {
    this.objects.set(name, info)
    return new PassThrough()
  }
}
new CmafPackager({ storage: new MemoryStorage() })

// @ts-expect-error: a storage is required
new CmafPackager({ targetDuration: 4 })
// @ts-expect-error: an unknown mode
new CmafPackager({ storage, mode: 'replay' })
// @ts-expect-error: a storage must have open
new CmafPackager({ storage: { delete: async (name: string) => void name } })
// @ts-expect-error: a prefix requires a bucket
new S3Storage({ prefix: 'talk/' })
