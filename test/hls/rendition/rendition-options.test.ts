import t from 'tap'
import { languageTag, renditionSettings } from '../../../lib/hls/rendition/rendition-options.js'

t.test('needs only a name', async t => {
  t.same(renditionSettings({ name: '720p' }), {
    name: '720p',
    label: '720p',
    groupId: 'audio',
    language: undefined,
    isDefault: undefined,
    autoselect: true,
  })
})

t.test('takes stated properties', async t => {
  t.match(
    renditionSettings({
      name: 'en',
      label: 'English (5.1)',
      groupId: 'surround',
      language: 'EN-us',
      default: true,
    }),
    { label: 'English (5.1)', groupId: 'surround', language: 'en-US', isDefault: true },
  )
})

t.test('makes no default of renditions that players may not select by themselves', async t => {
  t.match(renditionSettings({ name: 'commentary', autoselect: false }), {
    isDefault: false,
    autoselect: false,
  })
})

t.test('refuses contradicting options and values that a playlist can not hold', async t => {
  for (const [option, options] of [
    ['name', {}],
    ['name', { name: '..' }],
    ['name', { name: 'a/b' }],
    ['name', { name: 'a b' }],
    ['label', { name: 'a', label: 'the "best"' }],
    ['groupId', { name: 'a', groupId: 'a\nb' }],
    ['language', { name: 'a', language: 'not a language' }],
    ['autoselect', { name: 'a', default: true, autoselect: false }],
    ['lang', { name: 'a', lang: 'en' }],
  ] as const) {
    t.throws(() => renditionSettings(options as never), { code: 'AVIO_ERR_OPTION', option }, option)
  }
})

t.test('shortens three letters to two if there are two, and takes no language for none', async t => {
  t.equal(languageTag('eng'), 'en')
  t.equal(languageTag('gsw'), 'gsw')
  t.equal(languageTag('und'), undefined)
  t.equal(languageTag('???'), undefined)
})
