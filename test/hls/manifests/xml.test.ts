import t from 'tap'
import { element, escapeXml } from '../../../lib/hls/manifests/xml.js'

t.test('indents the children of an element, and leaves out attributes without a value', async t => {
  t.same(element('a', { b: 1, c: undefined, d: true }), ['<a b="1" d="true"/>'])
  t.same(element('a', {}, element('b', {}, element('c'))), ['<a>', '  <b>', '    <c/>', '  </b>', '</a>'])
  t.same(element('Label', {}, 'R & D'), ['<Label>R &amp; D</Label>'])
})

t.test('escapes texts', async t => {
  t.equal(escapeXml(`<a b="c" d='e'>&amp;`), '&lt;a b=&quot;c&quot; d=&apos;e&apos;&gt;&amp;amp;')
  t.equal(escapeXml('a\tb\nc\rd'), 'a&#9;b&#10;c&#13;d')
  t.equal(escapeXml('ü €😀'), 'ü €😀')
})

t.test('replaces characters that XML can’t hold', async t => {
  t.equal(escapeXml('a\0b\x1fc\uffffd\ud800e'), 'a\ufffdb\ufffdc\ufffdd\ufffde')
})
