import { getEventListeners } from 'node:events'
import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import t from 'tap'
import { CmafPackager } from '../../lib/hls/cmaf-packager.js'
import { S3Storage } from '../../lib/hls/storage/s3-storage.js'
import { MemoryStorage, packageAll, pictureOf, soundOf } from '../support/hls.js'
import { type OpenStore, stores } from '../support/stores.js'

/** Keys below a prefix. */
async function keys({ client, bucket }: OpenStore, Prefix: string): Promise<string[]> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix }))
  return Contents.map(({ Key }) => Key!.slice(Prefix.length))
}

for (const store of stores()) {
  t.test(`on ${store.name}, stores a whole ladder, and leaves nothing of a failed one`, async t => {
    const open = await store.open(t)
    const renditions = { low: await pictureOf('160x90'), sound: await soundOf() }
    const storage = (prefix: string): S3Storage =>
      new S3Storage({ client: open.client, bucket: open.bucket, prefix, ...open.options })
    for (const layout of ['segments', 'byterange'] as const) {
      const prefix = `${layout}/`
      const packager = new CmafPackager({ storage: storage(prefix), targetDuration: 2, layout })
      const { presentation, playlists } = await packageAll(packager, renditions)
      const media = presentation.renditions.flatMap(({ segments }) =>
        segments.flatMap(({ name, init }) => [name, init.name]),
      )
      t.same(await keys(open, prefix), [...new Set([...playlists, ...media])].sort())
    }
    const failing = new CmafPackager({ storage: storage('failed/'), targetDuration: 2 })
    const cut = renditions.sound.subarray(0, -1000)
    await t.rejects(packageAll(failing, { ...renditions, sound: cut }), { name: 'Mp4Error' })
    t.same(await keys(open, 'failed/'), [])
  })
}

t.test('leaves nothing on the signal, however it ended', async t => {
  const { signal } = new AbortController()
  const sound = await soundOf({ seconds: 2 })
  const packager = (): CmafPackager => new CmafPackager({ storage: new MemoryStorage(), signal })
  await packageAll(packager(), { sound })
  await t.rejects(packageAll(packager(), { sound: sound.subarray(0, 5000) }), { name: 'Mp4Error' })
  t.same(getEventListeners(signal, 'abort'), [])
})
