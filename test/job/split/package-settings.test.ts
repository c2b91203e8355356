import t from 'tap'
import { type SplitPackage, packageSettings } from '../../../lib/job/split/package-settings.js'

const PACKAGE: SplitPackage = {
  ...{ type: 'package', bucket: 'web', prefix: 'talk/' },
  renditions: [
    { name: 'hd', args: ['-an'] },
    { name: 'en', args: ['-vn'], label: 'English', language: 'en', default: true },
  ],
}

t.test('has the defaults of the packager, and a run only if that has a name', async t => {
  t.same(packageSettings(PACKAGE), {
    ...{ type: 'package', bucket: 'web', prefix: 'talk/', targetDuration: 6, layout: 'segments' },
    ...{ playlist: 'main.m3u8', removeReplaced: false },
    renditions: [{ name: 'hd' }, { name: 'en', label: 'English', language: 'en', default: true }],
  })
  const given = {
    ...({ targetDuration: 4, layout: 'byterange', playlist: 'a.m3u8', mpd: 'a.mpd', run: 'v1' } as const),
    ...{ removeReplaced: true, storageClass: 'STANDARD_IA', serverSideEncryption: 'aws:kms', kmsKeyId: 'k' },
  } as const
  t.match(packageSettings({ ...PACKAGE, ...given }), given)
})

t.test('has the defaults of storyboards for images', async t => {
  const defaults = { exact: false, format: 'jpeg', columns: 5, rows: 5, width: 160 }
  const of = (images: object) => packageSettings({ ...PACKAGE, images }).images
  t.same(of({ every: 2.5 }), { name: 'thumbnails', every: 2.5, ...defaults })
  t.same(of({ times: [0, 1.5] }), { name: 'thumbnails', times: [0, 1.5], ...defaults })
  const given = {
    name: 'a',
    count: 9,
    exact: true,
    format: 'webp',
    columns: 1,
    rows: 2,
    width: 80,
    height: 46,
  }
  t.same(of(given), given)
})

t.test('names the option that breaks its rule', async t => {
  for (const [option, change] of [
    ['typo', { typo: 1 }],
    ['output.bucket', { bucket: undefined }],
    ['output.prefix', { prefix: 'talk' }],
    ['output.prefix', { prefix: undefined }],
    ['targetDuration', { targetDuration: 0 }],
    ['layout', { layout: 'files' }],
    ['playlist', { playlist: 'a/b' }],
    ['mpd', { mpd: 'main.m3u8' }],
    ['run', { run: '..' }],
    ['removeReplaced', { removeReplaced: 1 }],
    ['output.kmsKeyId', { kmsKeyId: 1 }],
    ['output.renditions', { renditions: [] }],
    ['output.renditions', { renditions: undefined }],
    ['typo', { renditions: [{ name: 'a', args: [], typo: 1 }] }],
    ['output.renditions[0].args', { renditions: [{ name: 'a', args: 1 }] }],
    ['name', { renditions: [{ args: [] }] }],
    ['name', { renditions: [...PACKAGE.renditions, { name: 'hd', args: [] }] }],
    ['images', { images: [] }],
    ['typo', { images: { count: 1, typo: 1 } }],
    ['times', { images: {} }],
    ['times', { images: { count: 1, every: 1 } }],
    ['count', { images: { count: 0 } }],
    ['every', { images: { every: 0 } }],
    ['width', { images: { count: 1, width: 1 } }],
    ['height', { images: { count: 1, height: 1 } }],
    ['columns', { images: { count: 1, columns: 0 } }],
    ['rows', { images: { count: 1, rows: 101 } }],
    ['format', { images: { count: 1, format: 'gif' } }],
    ['exact', { images: { count: 1, exact: 1 } }],
    ['name', { images: { count: 1, name: 'a/b' } }],
    ['name', { images: { count: 1, name: 'hd' } }],
    ['language', { renditions: [{ name: 'a', args: [], language: '?' }] }],
  ] as const) {
    t.throws(
      () => packageSettings({ ...PACKAGE, ...change } as never),
      { code: 'AVIO_ERR_OPTION', option },
      `${option} ${JSON.stringify(change)}`,
    )
  }
})
