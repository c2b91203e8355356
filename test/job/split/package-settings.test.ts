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
    ['language', { renditions: [{ name: 'a', args: [], language: '?' }] }],
  ] as const) {
    t.throws(
      () => packageSettings({ ...PACKAGE, ...change } as never),
      { code: 'AVIO_ERR_OPTION', option },
      `${option} ${JSON.stringify(change)}`,
    )
  }
})
